"""What a classifier keeps from one call to the next: where training begins and goes on.

network_            what predicts        _best      its best parameters, with early stopping
_state              the trainer's state  _begin     epochs before this fit
_random_state       of what is drawn     _splitter  of the examples that are held out
_no_improvement_count                    _in_parts  whether the last call was partial_fit
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import Network
from .data import Examples, hold_out, same_again
from .networks import copied, make_network


def start(model: Any, X: np.ndarray, again: bool) -> None:
    """Begin to count anew; with an untrained network, unless it goes on with the one there is."""
    if again:
        _expect_same_layers(model, X)
        model.network_ = copied(model.network_)
    else:
        shape = X.shape[1], len(model.classes_)
        model.network_ = make_network(model, *shape, X.dtype, model._random_state)
        model.loss_curve_, model.t_ = [], 0
        model.validation_scores_ = model.validation_loss_curve_ = None
    model._seed = int(model._random_state.randint(2**31 - 1)) if model.dropout else 0
    model._begin, model._no_improvement_count, model._best = len(model.loss_curve_), 0, None
    model.learning_rate_, model.converged_ = float(model.learning_rate_init), False
    model.best_loss_ = None if model.early_stopping else np.inf
    model.best_validation_score_ = -np.inf if model.early_stopping else None


def split(model: Any, data: Examples, given: Examples | None) -> tuple[Examples, Examples | None]:
    """Examples to train on and to validate on; in later calls the same part of the same data."""
    if model.early_stopping and given is None:
        rng = model._random_state
        if model._splitter is None:
            model._splitter = same_again(rng)
        else:
            rng = same_again(model._splitter)
        data, given = hold_out(data, model.validation_fraction, rng)
    if given is not None and model.validation_scores_ is None:
        model.validation_scores_, model.validation_loss_curve_ = [], []
    return data, given


def training_network(model: Any) -> Network:
    """The network that training goes on with: not what predicts where that is an average."""
    network = copied(model.network_)
    if model._state is not None:
        network.parameters[...] = model._state["parameters"]
    return network


def take_best(model: Any) -> None:
    """Go back to the parameters that validated best."""
    if model._best is not None:
        model.network_.parameters[...] = model._best
        if model._state is not None and not model.averaging:
            model._state["parameters"][...] = model._best


def _expect_same_layers(model: Any, X: np.ndarray) -> None:
    """ValueError where parameters have been set that ask for another network."""
    found = model.network_
    wanted = make_network(
        model, X.shape[1], len(model.classes_), found.dtype, np.random.RandomState(0)
    )
    if wanted.layers != found.layers:
        raise ValueError(
            "hidden_layer_sizes, activation, norm, dropout: expected those of the network that "
            f"training goes on with, {found.layers}, found {wanted.layers}"
        )
