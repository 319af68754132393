"""The parameters of training beyond what every network has: what each means and what it may be."""

from typing import Annotated

from pipeline.stage import Option

Batchnorm = Annotated[bool, Option("batch normalisation in the hidden layers")]
Layernorm = Annotated[bool, Option("layer normalisation in the hidden layers")]
Dropout = Annotated[
    float, Option("part of the hidden layers' outputs that is dropped", minimum=0, below=1)
]
Smoothing = Annotated[
    float, Option("part of each target that is spread over all classes", minimum=0, below=1)
]
Clip = Annotated[
    float, Option("scale the gradient down to this norm where it is larger; 0: never", minimum=0)
]
Optimizer = Annotated[
    str,
    Option(
        "how parameters follow their gradients",
        choices=("sgd", "rmsprop", "adam", "adamw", "lion", "muon"),
    ),
]
Nesterov = Annotated[bool, Option("Nesterov's momentum, with --optimizer sgd")]
Beta2 = Annotated[
    float | None,
    Option("decay of the second moment, of Adam and its kin; none: the usual", above=0, below=1),
]
WeightDecay = Annotated[
    float | None,
    Option("shrink the weights by lr times this in each step; none: the usual", minimum=0),
]
Refine = Annotated[
    int,
    Option("in so many epochs at the end, only flip and shift training images", minimum=0),
]
Average = Annotated[
    float,
    Option("keep a moving average of the parameters with this decay; 0: none", minimum=0, below=1),
]
Schedule = Annotated[
    str,
    Option(
        "how the learning rate goes on after the warm-up",
        choices=("exponential", "constant", "step", "cosine", "linear", "one_cycle"),
    ),
]
Every = Annotated[int, Option("epochs between the falls of --schedule step", minimum=1)]
Warmup = Annotated[float, Option("epochs in which the learning rate rises to --lr", minimum=0)]
Final = Annotated[
    float,
    Option("part of --lr left at the end of a cosine, line or cycle", minimum=0, maximum=1),
]
Members = Annotated[
    int,
    Option(
        "train an ensemble: so many networks on the same batches, their logits averaged",
        minimum=1,
        maximum=1000,
    ),
]
