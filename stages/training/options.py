"""The parameters of a training, in typed groups: what each means, and what goes together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pipeline.errors import ConfigError
from pipeline.parameters import Option
from stages import neuralnet as nn

EPOCHS = "epochs"  # what the shape of a schedule is measured in


@dataclass(frozen=True)
class BatchOptions:
    """Batches: what a step sees, and what it is asked for."""

    batch: Annotated[int, Option("images per step", minimum=1)] = 64
    smoothing: Annotated[
        float,
        Option("fraction of each target that is spread over all classes", minimum=0, below=1),
    ] = 0.0
    clip: Annotated[
        float,
        Option("scale the gradient down to this norm where it is larger; 0: never", minimum=0),
    ] = 0.0
    class_weight: Annotated[
        str,
        Option(
            "what an example weighs in the loss: all the same, or balanced, so that each class "
            "counts the same however rare it is",
            choices=("none", "balanced"),
        ),
    ] = "none"
    kernels: Annotated[
        str,
        Option(
            "what carries out the passes of a step between its products: NumPy, or loops that "
            "numba compiles, which are faster (extra: compiled) and round otherwise",
            choices=("numpy", "numba"),
        ),
    ] = "numpy"

    def __post_init__(self) -> None:
        if self.kernels == "numba":
            try:
                nn.expect_numba()
            except ImportError as error:
                raise ConfigError(f"--kernels numba {error}") from None


@dataclass(frozen=True)
class OptimizerOptions:
    """Optimizer: how parameters follow their gradients."""

    optimizer: Annotated[
        str,
        Option(
            "rule by which parameters follow their gradients",
            choices=("sgd", "rmsprop", "adam", "adamw", "lion", "muon"),
        ),
    ] = "sgd"
    momentum: Annotated[float, Option("momentum of the gradient", minimum=0, below=1)] = 0.9
    nesterov: Annotated[bool, Option("Nesterov's momentum, with --optimizer sgd")] = False
    beta2: Annotated[
        float | None,
        Option(
            "decay of the second moment, of Adam and the like; none: the usual", above=0, below=1
        ),
    ] = None
    l2: Annotated[float, Option("L2 penalty on the weights", minimum=0)] = 1e-4
    weight_decay: Annotated[
        float | None,
        Option("shrink the weights by lr times this in each step; none: the usual", minimum=0),
    ] = None

    def __post_init__(self) -> None:
        only = {"nesterov": ("sgd",), "beta2": ("adam", "adamw", "lion", "muon")}
        for name, optimizers in only.items():
            if getattr(self, name) and self.optimizer not in optimizers:
                raise ConfigError(
                    f"--{name}: expected --optimizer {' or '.join(optimizers)} beside it, found "
                    f"--optimizer {self.optimizer}, which has no use for it; leave one of them out"
                )
        if self.nesterov and not self.momentum:
            raise ConfigError(
                "--nesterov: expected a --momentum above 0 beside it, found --momentum 0; leave "
                "one out"
            )


@dataclass(frozen=True)
class ScheduleOptions:
    """Schedule: how long, and at what rates."""

    epochs: Annotated[int, Option("how often all training images are gone through", minimum=1)] = 10
    lr: Annotated[float, Option("learning rate, the highest of a schedule", above=0)] = 0.01
    schedule: Annotated[
        str,
        Option(
            "how the learning rate goes on after the warm-up",
            choices=("exponential", "constant", "step", "cosine", "linear", "one_cycle"),
        ),
    ] = "exponential"
    decay: Annotated[
        float,
        Option(
            "factor on the learning rate after each epoch, or at each fall of --schedule step",
            above=0,
            maximum=1,
        ),
    ] = 0.95
    every: Annotated[
        int, Option("epochs between the falls of --schedule step", minimum=1, scales_with=EPOCHS)
    ] = 10
    warmup: Annotated[
        float,
        Option("epochs in which the learning rate rises to --lr", minimum=0, scales_with=EPOCHS),
    ] = 0.0
    final: Annotated[
        float,
        Option("fraction of --lr left at the end of a cosine, line or cycle", minimum=0, maximum=1),
    ] = 0.0
    refine: Annotated[
        int,
        Option(
            "in so many epochs at the end, only flip and shift training images",
            minimum=0,
            scales_with=EPOCHS,
        ),
    ] = 0

    def __post_init__(self) -> None:
        falling = ("cosine", "linear", "one_cycle")
        only = {"decay": ("exponential", "step"), "every": ("step",), "final": falling}
        for name, schedules in only.items():
            value = getattr(self, name)
            if self.schedule not in schedules and value != getattr(ScheduleOptions, name):
                raise ConfigError(
                    f"--{name} {value:g}: expected --schedule {' or '.join(schedules)} beside it, "
                    f"found --schedule {self.schedule}, which has no use for it; leave one of "
                    "them out"
                )
        if self.warmup >= self.epochs:
            raise ConfigError(
                f"--warmup {self.warmup:g}: expected fewer epochs than all {self.epochs} "
                "(--epochs), found no fewer; choose a shorter warm-up or more epochs"
            )
        if self.refine > self.epochs:
            raise ConfigError(
                f"--refine {self.refine}: expected at most all {self.epochs} epochs (--epochs), "
                "found more; choose fewer of them or more epochs"
            )

    def rates(self) -> Callable[[float], float]:
        """The learning rate at a position in epochs."""
        return nn.make_schedule(
            self.schedule,
            self.lr,
            self.epochs,
            decay=self.decay,
            every=self.every,
            warmup=self.warmup,
            final=self.final,
        )


@dataclass(frozen=True)
class SelectionOptions:
    """Selection: which parameters are kept, and when to stop."""

    average: Annotated[
        float,
        Option(
            "keep a moving average of the parameters with this decay; 0: none", minimum=0, below=1
        ),
    ] = 0.0
    patience: Annotated[
        int, Option("stop after so many epochs without a better validation; 0: never", minimum=0)
    ] = 0
