"""Solver lbfgs: SciPy's L-BFGS-B (Byrd et al. 1995) on all examples at once, for small data."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning

from .. import Diverged, Network, Trainer
from .data import Examples
from .solvers import Gradient
from .training import DIVERGED


def train_lbfgs(model: Any, network: Network, data: Examples) -> None:
    """Minimise (Σ w loss + alpha/2 Σ W²) / Σ w; the network is left at the least value found.

    One step of the trainer on all examples, with an optimizer that only looks, is one evaluation.
    """
    rows = data.counted
    total = len(rows) if data.weights is None else float(data.weights.sum())
    penalized = model.alpha / total * _weights(network)
    options = {
        "rows": rows,
        "weights": data.weights,
        "workers": effective_n_jobs(model.n_jobs),
        "executor": "thread",
    }
    with Trainer(network, Gradient(), data.X, data.y, batch=len(rows), **options) as trainer:
        state = trainer.state()

        def evaluate(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            trainer.restore({**state, "parameters": parameters})
            try:
                trainer.run(0, 0, 1, lr=1.0)
            except Diverged:  # the line search goes back
                return np.inf, np.zeros_like(parameters)
            loss = trainer.totals.loss / len(rows) + 0.5 * np.dot(penalized, parameters**2)
            latest[0] = float(loss)
            return loss, trainer.state()["slots"][0] + penalized * parameters

        def report(parameters: np.ndarray) -> None:
            model.loss_curve_.append(latest[0])
            if model.verbose:
                print(f"Iteration {len(model.loss_curve_)}, loss = {latest[0]:.8f}")

        latest = [np.inf]  # loss; an iteration ends with the evaluation that it takes over
        limits = {"maxiter": model.max_iter, "maxfun": model.max_fun, "gtol": model.tol}
        start = network.parameters.astype(np.float64)
        options = {"jac": True, "options": limits, "callback": report}
        found = minimize(evaluate, start, method="L-BFGS-B", **options)
    if not np.isfinite(found.x).all() or not np.isfinite(found.fun):
        raise ValueError(DIVERGED)
    network.parameters[...] = found.x
    model.network_, model.best_validation_score_ = network, None
    model.loss_ = model.best_loss_ = float(found.fun)
    model.n_iter_, model.converged_ = min(int(found.nit), model.max_iter), found.status == 0
    model.t_ += len(rows) * int(found.nfev)
    if not model.converged_:
        warnings.warn(
            f"lbfgs failed to converge after {found.nit} iterations (status={found.status}): "
            f"{found.message}. Increase max_iter or max_fun, or scale the data.",
            ConvergenceWarning,
            stacklevel=3,
        )


def _weights(network: Network) -> np.ndarray:
    """1 for each parameter that is a weight and 0 for each bias, float64."""
    marks = Network.from_layers(network.layers, dtype="float64")
    marks.parameters[...] = 0
    for tensors in marks.tensors():
        tensors["weights"][...] = 1
    return marks.parameters
