"""What is seen of a training after each epoch: scores, the best of them, and when it is enough."""

from __future__ import annotations

from typing import Any

import numpy as np
from joblib import effective_n_jobs

from .data import Examples

LEAST_RATE = 1e-6  # at which learning_rate="adaptive" gives up


def measure(model: Any, validation: Examples | None) -> None:
    """Scores of the epoch, the best so far, and how many epochs have not been better."""
    if validation is not None:
        X, y, weights = validation
        logits = model.network_.logits(X, workers=effective_n_jobs(model.n_jobs))
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


def is_enough(model: Any) -> bool:
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


def report(model: Any, epochs: int, seconds: float, validated: bool) -> None:
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


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    """Logarithms (n, classes) of softmax, finite where a probability underflows."""
    z = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))
