"""The parameters from features to the network, in typed groups: what each means and may be.

A parameter that several stages take is one parameter: one name, one meaning, one default. What
concerns the dataset is in dataset/options.py, what concerns the training in training/options.py.
"""

from dataclasses import dataclass
from typing import Annotated

from pipeline.errors import ConfigError
from pipeline.parameters import Option
from stages.locality import Local, LocalInit, parse_levels

Seed = Annotated[int, Option("seed of everything random", minimum=0)]
Flip = Annotated[
    str,
    Option(
        "flip training images left to right: at random, or each in every other epoch",
        choices=("none", "random", "alternate"),
        section="Augmentation",
    ),
]
Workers = Annotated[
    int | None,
    Option(
        "workers that share out a training step; none: what this machine does best",
        minimum=1,
        affects_result=False,
    ),
]
Tta = Annotated[
    bool,
    Option("flip TTA: evaluate and predict by the average over an image and its flip",
           formerly=("mirror",)),
]  # fmt: skip
Standardize = Annotated[
    str,
    Option(
        "bring each feature, or each colour channel as a whole, to mean 0 and deviation 1 over the "
        "training images; auto: each feature of a table, none of images",
        choices=("auto", "none", "feature", "channel"),
        section="Inputs",
    ),
]


@dataclass(frozen=True)
class FeatureOptions:
    """Features: from pixels to what is stored."""

    color: Annotated[bool, Option("keep the three colours instead of their luma")] = False
    scale: Annotated[
        str, Option("range of the features: [0, 1] or [-1, 1]", choices=("unit", "symmetric"))
    ] = "unit"
    storage: Annotated[
        str,
        Option(
            "how features are stored: float32, or uint8 for a quarter of the space, scaled as "
            "batches are gathered; grey levels are then rounded",
            choices=("float32", "uint8"),
        ),
    ] = "float32"


@dataclass(frozen=True)
class InputOptions(FeatureOptions):
    """Inputs: from stored features to what the network reads."""

    contrast: Annotated[
        bool, Option("bring each image to mean 0 and deviation 1, by itself")
    ] = False  # fmt: skip


@dataclass(frozen=True)
class SplitOptions:
    """Split: which images train, which validate."""

    seed: Seed = 0
    val_fraction: Annotated[
        float,
        Option("fraction of the training images that validates, in each class", minimum=0, below=1),
    ] = 0.2


@dataclass(frozen=True)
class WhitenOptions:
    """Whitening: inputs without correlation."""

    whiten: Annotated[
        str,
        Option(
            "make the inputs uncorrelated over the training images: by their principal "
            "components, or rotated back to pixels (ZCA)",
            choices=("none", "pca", "zca"),
        ),
    ] = "none"
    components: Annotated[
        int, Option("principal components that whitening keeps, the largest; 0: all", minimum=0)
    ] = 0
    damping: Annotated[
        float,
        Option(
            "added to each eigenvalue before whitening, as a fraction of their mean; keeps noise "
            "small",
            minimum=0,
        ),
    ] = 0.1

    def __post_init__(self) -> None:
        if self.components and self.whiten == "none":
            raise ConfigError(
                f"--components {self.components}: expected --whiten pca or zca beside it, found "
                "--whiten none; choose one of them, or --components 0"
            )
        if self.damping != WhitenOptions.damping and self.whiten == "none":
            raise ConfigError(
                f"--damping {self.damping:g}: expected --whiten pca or zca beside it, found "
                "--whiten none; choose one of them, or leave it out"
            )


@dataclass(frozen=True)
class NetworkOptions:
    """Network: its layers."""

    hidden: Annotated[
        tuple[int, ...],
        Option("sizes of the hidden layers", minimum=1, maximum=1_000_000, metavar="N,N,…"),
    ] = (512, 256)
    local: Local = ""
    local_init: LocalInit = ""
    activation: Annotated[
        str,
        Option(
            "activation of the hidden layers",
            choices=("relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "linear"),
        ),
    ] = "relu"
    batchnorm: Annotated[bool, Option("batch normalisation in the hidden layers")] = False
    layernorm: Annotated[bool, Option("layer normalisation in the hidden layers")] = False
    dropout: Annotated[
        float,
        Option("fraction of the hidden layers' outputs that is dropped", minimum=0, below=1),
    ] = 0.0
    initializer: Annotated[
        str,
        Option(
            "initial weights; auto: He for (leaky) ReLU, Glorot otherwise",
            choices=("auto", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal"),
        ),
    ] = "auto"
    members: Annotated[
        int,
        Option(
            "train an ensemble: so many networks on the same batches, their logits averaged",
            minimum=1,
            maximum=1000,
        ),
    ] = 1
    precision: Annotated[
        str, Option("type of all numbers of the network", choices=("float32", "float64"))
    ] = "float32"

    def __post_init__(self) -> None:
        local, begin = parse_levels(self.local), parse_levels(self.local_init, "--local-init")
        if local and begin:
            raise ConfigError(
                "--local and --local-init: expected at most one of them, found both; drop one, or "
                "give '' as that of a recipe"
            )
        if self.batchnorm and self.layernorm:
            raise ConfigError(
                "--batchnorm and --layernorm: expected at most one of them, found both; drop one"
            )

    @property
    def norm(self) -> str:
        """The normalisation of the hidden layers: none, batch or layer."""
        return "batch" if self.batchnorm else "layer" if self.layernorm else "none"
