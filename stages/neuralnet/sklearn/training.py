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
from .solvers import SCHEDULED, epoch_rates, make_solver

LEAST_RATE = 1e-6  # at which learning_rate="adaptive" gives up
DIVERGED = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)


def train(
    model: Any, network: Network, data: Examples, validation: Examples | None, epochs: int
) -> None:
    """Train a network for up to so many epochs; what comes of it goes to the model's attributes.

    With model._state the training goes on from there, else (as after another solver was set) the
    optimizer starts anew.
    """
    rows, rng, workers = data.counted, model._random_state, effective_n_jobs(model.n_jobs)
    batch = _batch_size(model.batch_size, len(rows))
    kind = model.solver, model.averaging > 0
    state = model._state if model._state is not None and model._kind == kind else None
    weight = 1.0 if data.weights is None else float(data.weights[rows].mean())
    before = int(state["clock"][0]) if state else 0
    order = [rows]
    options = {
        "smoothing": float(model.label_smoothing),
        "clip": float(model.clip),
        "seed": model._seed,
        "weights": data.weights,
        "order": lambda epoch: order[0],
        "workers": workers,
        "executor": "thread",
    }
    solver = make_solver(model, batch, len(rows), weight, before)
    with Trainer(network, solver, data.X, data.y, batch=batch, **options) as trainer:
        if state:
            trainer.restore(state)
        penalty = 0.5 * model.alpha * trainer.steps / (weight * len(rows))
        squares, begin = _squares(network), time.perf_counter()
        model.n_iter_ = 0
        try:
            while model.n_iter_ < epochs:
                if model.shuffle:
                    order[0] = _shuffled(order[0], rng)
                place = len(model.loss_curve_) - model._begin
                rates = epoch_rates(model, model.learning_rate_, place, trainer.steps)
                trainer.run(place, 0, trainer.steps, rates)
                before, squares = squares, _squares(network)
                share = (trainer.steps - 1) / (2 * trainer.steps)  # W² as it was ahead of each step
                model.loss_ = trainer.totals.means()["loss"]
                model.loss_ += penalty * (before + (squares - before) * share)
                model.network_ = trainer.averaged() if model.averaging else network
                model.n_iter_ += 1
                model.t_ += len(rows)
                model.loss_curve_.append(model.loss_)
                _measure(model, validation, workers)
                _report(model, epochs, time.perf_counter() - begin, validation is not None)
                if _enough(model) or (model.callback is not None and model.callback(model)):
                    model.converged_ = True
                    break
            model._state, model._kind = trainer.state(), kind
        except Diverged:
            raise ValueError(DIVERGED) from None
        except KeyboardInterrupt:  # the network is as the last whole epoch left it
            model._state = None
            warnings.warn("Training interrupted by user.", stacklevel=3)
            return
    planned = model.learning_rate in SCHEDULED  # all of its epochs are meant to be done
    if model.n_iter_ == model.max_iter and not model.converged_ and not planned:
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({model.max_iter}) reached and the "
            "optimization hasn't converged yet.",
            ConvergenceWarning,
            stacklevel=3,
        )


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    """Logarithms (n, classes) of softmax, finite where a probability is too small to be told."""
    z = logits - logits.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


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


def _shuffled(order: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """The rows in another order, by the draws that scikit-learn makes for it."""
    places = np.arange(len(order))
    rng.shuffle(places)
    return order[places]


def _squares(network: Network) -> float:
    """Σ W² over all weights, biases apart."""
    weights = (tensors["weights"].ravel() for tensors in network.tensors())
    with np.errstate(over="ignore"):
        return sum(float(np.dot(W, W)) for W in weights)


def _measure(model: Any, validation: Examples | None, workers: int) -> None:
    """Scores of the epoch, the best so far, and how many epochs have not been better."""
    if validation is not None:
        X, y, weights = validation
        logits = model.network_.logits(X, workers=workers)
        losses = -log_probabilities(logits)[np.arange(len(y)), y]
        score = float(np.average(logits.argmax(axis=1) == y, weights=weights))
        model.validation_loss_curve_.append(float(np.average(losses, weights=weights)))
        model.validation_scores_.append(score)
    if model.early_stopping:
        best, better = model.best_validation_score_, score > model.best_validation_score_
        worse = score < best + model.tol
        if better:
            model.best_validation_score_, model._best = score, model.network_.parameters.copy()
    else:
        worse = model.loss_ > model.best_loss_ - model.tol
        model.best_loss_ = min(model.best_loss_, model.loss_)
    model._no_improvement_count = model._no_improvement_count + 1 if worse else 0


def _enough(model: Any) -> bool:
    """Whether training has come to its end; sets the learning rate of the next epoch."""
    if model.solver == "sgd" and model.learning_rate == "invscaling":
        model.learning_rate_ = model.learning_rate_init / (model.t_ + 1) ** model.power_t
    if model._no_improvement_count <= model.n_iter_no_change:
        return False
    what = "Validation score" if model.early_stopping else "Training loss"
    message = f"{what} did not improve more than tol={model.tol:f} for {model.n_iter_no_change} "
    message += "consecutive epochs."
    if model.solver == "sgd" and model.learning_rate == "adaptive":
        if model.learning_rate_ > LEAST_RATE:
            model.learning_rate_ /= 5
            model._no_improvement_count = 0
            _say(model, f"{message} Setting learning rate to {model.learning_rate_:g}")
            return False
        message += " Learning rate too small."
    _say(model, f"{message} Stopping.")
    return True


def _report(model: Any, epochs: int, seconds: float, validated: bool) -> None:
    """A line about the epoch: how far, how good, how fast."""
    line = f"Iteration {len(model.loss_curve_)}, loss = {model.loss_:.8f}"
    if validated:
        line += f", validation loss = {model.validation_loss_curve_[-1]:.8f}"
        line += f", validation score = {model.validation_scores_[-1]:.6f}"
    if epochs > 1:
        left = seconds / model.n_iter_ * (epochs - model.n_iter_)
        line += (
            f" ({model.n_iter_} of at most {epochs}; {seconds:.1f} s, at most {left:.0f} s more)"
        )
    _say(model, line)


def _say(model: Any, line: str) -> None:
    if model.verbose:
        print(line)
