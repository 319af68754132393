"""What scikit-learn's parameters say of the optimizer and of the learning rate, for the core."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from .. import Averaged, make_optimizer, make_schedule

SCHEDULED = ("exponential", "linear", "cosine", "one_cycle")  # learning rates that we bring along

_ADAM = {"momentum": "beta_1", "beta2": "beta_2", "eps": "epsilon"}
SOLVERS = {  # options of our optimizer → scikit-learn's parameters
    "sgd": {"momentum": "momentum", "nesterov": "nesterovs_momentum"},
    "adam": _ADAM,
    "adamw": _ADAM,
    "rmsprop": {"rho": "beta_2", "eps": "epsilon"},
    "lion": {"momentum": "beta_1", "beta2": "beta_2"},
    "muon": {"momentum": "momentum", "beta1": "beta_1", "beta2": "beta_2", "eps": "epsilon"},
}


@dataclass(frozen=True)
class Summed:
    """An optimizer on scikit-learn's terms: a batch's loss is (Σ w loss + alpha/2 Σ W²) / Σ w.

    So the penalty's part in a gradient is alpha / Σ w, more in an epoch's last and smaller batch.
    For Σ w stands the batch's number of rows times the mean weight of all rows. Velocities are not
    scaled along when the learning rate changes. exact: Adam's eps is not corrected for the bias of
    √v (Kingma & Ba 2015, end of section 2).

    rows: of an epoch. before: steps done before this training.
    """

    optimizer: Any
    alpha: float
    batch: int
    rows: int
    weight: float = 1.0
    before: int = 0
    exact: bool = False

    def coefficients(self, lr: float, previous: float, count: int) -> tuple[float, ...]:
        start = self.batch * ((count - self.before) % -(-self.rows // self.batch))
        options = {"l2": self.alpha / (self.weight * min(self.batch, self.rows - start))}
        if self.exact:
            optimizer = self.optimizer
            options["eps"] = optimizer.eps / math.sqrt(1 - optimizer.beta2 ** (count + 1))
        found: tuple[float, ...]
        found = replace(self.optimizer, **options).coefficients(lr, lr, count)
        return found

    def __getattr__(self, name: str) -> Any:
        """All else is the optimizer's."""
        if name == "optimizer" or name.startswith("__"):  # while it is copied, there is none yet
            raise AttributeError(name)
        return getattr(self.optimizer, name)


@dataclass(frozen=True)
class Gradient:
    """An optimizer that moves nothing: its slot is the gradient of the last batch's mean loss."""

    l2: float = 0.0
    weight_decay: float = 0.0

    slots: ClassVar[int] = 1
    matrices: ClassVar[bool] = False

    def scale(self, lr: float) -> float:
        return 1.0

    def coefficients(self, lr: float, previous: float, count: int) -> tuple[float, ...]:
        return ()

    def update(
        self,
        parameters: np.ndarray,
        gradients: np.ndarray,
        slots: np.ndarray,
        coefficients: Sequence[np.ndarray],
        decay: bool = True,
    ) -> None:
        slots[0][...] = gradients


def make_solver(parameters: Any, batch: int, rows: int, weight: float, before: int) -> Any:
    """The optimizer of a training on so many rows of this mean weight, in such batches."""
    name = parameters.solver
    options = {ours: getattr(parameters, theirs) for ours, theirs in SOLVERS[name].items()}
    options = {ours: v if isinstance(v, bool) else float(v) for ours, v in options.items()}
    optimizer = make_optimizer(name, weight_decay=parameters.weight_decay, **options)
    solver = Summed(
        optimizer, float(parameters.alpha), batch, rows, weight, before, exact=name == "adam"
    )
    return Averaged(solver, float(parameters.averaging)) if parameters.averaging else solver


def epoch_rates(parameters: Any, rate: float, epoch: int, steps: int) -> float | list[float]:
    """The learning rate of each step of an epoch, counted from 0, or the rate of all of them.

    rate: what scikit-learn's own rates have come to; they are for solver sgd alone.
    """
    if parameters.learning_rate not in SCHEDULED:
        return rate
    schedule = make_schedule(
        parameters.learning_rate,
        float(parameters.learning_rate_init),
        parameters.max_iter,
        decay=float(parameters.decay),
        warmup=float(parameters.warmup),
    )
    return [schedule(epoch + step / steps) for step in range(steps)]
