"""The parameters of the stages: what each means, what it may be, in one place.

A parameter that several stages take is one parameter: one name, one meaning, one default.
"""

from typing import Annotated

from pipeline.stage import Option

DataDir = Annotated[
    str, Option("folder for downloaded and generated datasets", metavar="DIR", affects_result=False)
]
Source = Annotated[
    str,
    Option(
        "where the dataset comes from: auto, cifar10, cifar100, mnist, fashion-mnist, synthetic; "
        "a folder of images by class, an archive, .npz, .npy, .csv or .parquet; or a URL of one",
        metavar="SOURCE",
    ),
]
Sha256 = Annotated[str | None, Option("expected SHA-256 of the archive", metavar="DIGITS")]
Size = Annotated[
    int | None,
    Option("side in pixels that image files are brought to; none: 32", minimum=1, maximum=4096),
]
Label = Annotated[
    str, Option("column of a table (array of arrays) with the labels", metavar="COLUMN")
]
Drop = Annotated[
    str, Option("columns of a table to leave out, separated by commas", metavar="COLUMNS")
]
Coarse = Annotated[bool, Option("the 20 coarse classes of CIFAR-100 instead of its 100")]
SkipBad = Annotated[bool, Option("leave out image files that cannot be read")]
SyntheticSize = Annotated[
    int, Option("training images of the synthetic source; a fifth of it for test", minimum=50)
]
Color = Annotated[bool, Option("keep the three colours instead of their luma")]
Scale = Annotated[
    str, Option("range of the features: [0, 1] or [-1, 1]", choices=("unit", "symmetric"))
]
Seed = Annotated[int, Option("seed of everything random", minimum=0)]
ValFraction = Annotated[
    float,
    Option("part of the training images that validates, in each class", minimum=0, below=1),
]
Storage = Annotated[
    str,
    Option(
        "how features are stored: float32, or uint8 for a quarter of the room, scaled as batches "
        "are gathered; grey levels are then rounded",
        choices=("float32", "uint8"),
    ),
]
Contrast = Annotated[bool, Option("bring each image to mean 0 and deviation 1, by itself")]
Standardize = Annotated[
    str,
    Option(
        "bring each feature, or each colour channel as a whole, to mean 0 and deviation 1 over the "
        "training images",
        choices=("none", "feature", "channel"),
    ),
]
Whiten = Annotated[
    str,
    Option(
        "make the inputs uncorrelated over the training images: by their principal components, or "
        "turned back to pixels (ZCA)",
        choices=("none", "pca", "zca"),
    ),
]
Components = Annotated[
    int, Option("principal components that whitening keeps, the largest; 0: all", minimum=0)
]
Damping = Annotated[
    float,
    Option(
        "added to each eigenvalue before whitening, as a part of their mean; keeps noise small",
        minimum=0,
    ),
]
Flip = Annotated[
    str,
    Option(
        "mirror training images: at random, or each in every other epoch",
        choices=("none", "random", "alternate"),
    ),
]
Shift = Annotated[
    int,
    Option(
        "move training images by up to so many pixels each way; edges are reflected",
        minimum=0,
        maximum=31,
    ),
]
Rotate = Annotated[
    float,
    Option("turn training images by up to so many degrees either way", minimum=0, maximum=180),
]
Zoom = Annotated[
    float,
    Option("make training images up to 1 + X times as large, or as small", minimum=0, maximum=1),
]
Jitter = Annotated[
    float,
    Option(
        "change the contrast of training images by up to so large a part, and each channel's "
        "brightness by up to a third of that part of its range",
        minimum=0,
        maximum=1,
    ),
]
Cutout = Annotated[
    int,
    Option("blank a square of so many pixels a side in training images", minimum=0, maximum=32),
]
Mixup = Annotated[
    float,
    Option(
        "mix training images and their labels in pairs, with parts drawn from Beta(X, X); 0: not",
        minimum=0,
    ),
]
Mirror = Annotated[
    bool, Option("evaluate and predict by the average over an image and its mirror image")
]

Hidden = Annotated[
    tuple[int, ...],
    Option("sizes of the hidden layers", minimum=1, maximum=1_000_000, metavar="N,N,…"),
]
Activation = Annotated[
    str,
    Option(
        "activation of the hidden layers",
        choices=("relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "linear"),
    ),
]
Initializer = Annotated[
    str,
    Option(
        "initial weights; auto: He for (leaky) ReLU, Glorot otherwise",
        choices=("auto", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal"),
    ),
]
Precision = Annotated[
    str, Option("type of all numbers of the network", choices=("float32", "float64"))
]
LearningRate = Annotated[float, Option("learning rate of the first epoch", above=0)]
Decay = Annotated[float, Option("factor on the learning rate after each epoch", above=0, maximum=1)]
Epochs = Annotated[int, Option("how often all training images are gone through", minimum=1)]
Batch = Annotated[int, Option("images per step", minimum=1)]
L2 = Annotated[float, Option("L2 penalty on the weights", minimum=0)]
Momentum = Annotated[float, Option("momentum of the gradient", minimum=0, below=1)]
Patience = Annotated[
    int, Option("stop after so many epochs without a better validation; 0: never", minimum=0)
]
Workers = Annotated[
    int | None,
    Option(
        "parallel workers of the gradient step; none: what this machine does best",
        minimum=1,
        affects_result=False,
    ),
]
Executor = Annotated[
    str,
    Option(
        "where the workers live; the result is the same to the bit",
        choices=("auto", "serial", "thread", "process"),
        affects_result=False,
    ),
]
