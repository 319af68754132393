"""Epochs of training: what is measured after each of them, and when it is enough."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.exceptions import ConvergenceWarning

from .. import Diverged, Network, Trainer
from .data import Examples
from .monitor import is_enough, measure, report
from .solvers import SCHEDULED, epoch_rates, make_solver

DIVERGED = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)


def train(
    model: Any, network: Network, data: Examples, validation: Examples | None, epochs: int
) -> None:
    """Train a network for up to so many epochs; what comes of it goes to the model's attributes.

    With model._state the training goes on from there, else (as after another solver was set) the
    optimizer starts anew. ValueError where numbers explode; an interrupt leaves the network as it
    was after the last whole epoch.
    """
    rows, kind = data.counted, (model.solver, model.averaging > 0)
    state = model._state if model._state is not None and model._kind == kind else None
    batch = _batch_size(model.batch_size, len(rows))
    weight = 1.0 if data.weights is None else float(data.weights[rows].mean())
    order = Order(rows, model._random_state, model.shuffle)
    options = {
        "smoothing": float(model.label_smoothing),
        "clip": float(model.clip),
        "seed": model._seed,
        "weights": data.weights,
        "order": order,
        "workers": effective_n_jobs(model.n_jobs),
        "executor": "thread",
    }
    solver = make_solver(model, batch, len(rows), weight, int(state["clock"][0]) if state else 0)
    model.n_iter_ = 0
    try:
        with Trainer(network, solver, data.X, data.y, batch=batch, **options) as trainer:
            if state:
                trainer.restore(state)
            penalty = 0.5 * model.alpha * trainer.steps / (weight * len(rows))
            _train_epochs(model, trainer, order, validation, epochs, penalty)
            model._state, model._kind = trainer.state(), kind
    except Diverged:
        raise ValueError(DIVERGED) from None
    except KeyboardInterrupt:
        model._state = None
        warnings.warn("Training interrupted by user.", stacklevel=3)
        return
    expected = model._in_parts or model.learning_rate in SCHEDULED  # that all epochs are done
    if model.n_iter_ == epochs and not model.converged_ and not expected:
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({epochs}) reached and the "
            "optimization hasn't converged yet.",
            ConvergenceWarning,
            stacklevel=3,
        )


class Order:
    """The rows in the order of an epoch, by the draws that scikit-learn makes for it."""

    def __init__(self, rows: np.ndarray, rng: np.random.RandomState, shuffle: bool) -> None:
        self._rows, self._rng, self._shuffle = rows, rng, shuffle

    def __call__(self, epoch: int) -> np.ndarray:
        return self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def advance(self) -> None:
        """From an epoch to the next."""
        if self._shuffle:
            places = np.arange(len(self._rows))
            self._rng.shuffle(places)
            self._rows = self._rows[places]


def _train_epochs(
    model: Any,
    trainer: Trainer,
    order: Order,
    validation: Examples | None,
    epochs: int,
    penalty: float,
) -> None:
    """Epoch by epoch. penalty: what Σ W² is multiplied by in the loss of an epoch."""
    network, steps, begin = trainer.network, trainer.steps, time.perf_counter()
    squares = _squares(network)
    for _ in range(epochs):
        order.advance()
        epoch = len(model.loss_curve_) - model._begin
        trainer.run(epoch, 0, steps, epoch_rates(model, model.learning_rate_, epoch, steps))
        before, squares = squares, _squares(network)
        mean = before + (squares - before) * (steps - 1) / (2 * steps)  # as it was ahead of a step
        model.network_ = trainer.averaged() if model.averaging else network
        model.loss_ = trainer.totals.means()["loss"] + penalty * mean
        model.loss_curve_.append(model.loss_)
        model.n_iter_ += 1
        model.t_ += len(order)
        measure(model, validation)
        report(model, epochs, time.perf_counter() - begin, validation is not None)
        if is_enough(model) or (model.callback is not None and model.callback(model)):
            model.converged_ = True
            return


def _batch_size(given: Any, rows: int) -> int:
    if given == "auto":
        return min(200, rows)
    if given > rows:
        warnings.warn(
            f"Got `batch_size` larger than sample size. It is going to be clipped: "
            f"expected at most {rows}, found {given}",
            stacklevel=4,
        )
    return min(int(given), rows)


def _squares(network: Network) -> float:
    """Σ W² over all weights, biases apart."""
    weights = (tensors["weights"].ravel() for tensors in network.tensors())
    with np.errstate(over="ignore"):
        return sum(float(np.dot(W, W)) for W in weights)
