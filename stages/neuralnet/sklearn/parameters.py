"""The parameters of the classifier: scikit-learn's first, then ours."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from .. import ACTIVATIONS, INITIALIZERS
from .solvers import SCHEDULED, SOLVERS

NAMES = {"identity": "linear", "logistic": "sigmoid"}  # of activations, in scikit-learn and here
LBFGS = {"dropout": 0, "norm": "none", "averaging": 0, "clip": 0, "label_smoothing": 0}
RATES = ("constant", "invscaling", "adaptive", *SCHEDULED)


class Parameters(BaseEstimator):
    """Holds the parameters, as scikit-learn wants it: nothing is checked or changed before `fit`.

    The first 23 are `MLPClassifier`'s, with its defaults and meanings.
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 1e-4,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 1e-3,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        class_weight: Any = None,
        norm: str = "none",
        dropout: float = 0.0,
        label_smoothing: float = 0.0,
        weight_decay: float | None = None,
        clip: float = 0.0,
        averaging: float = 0.0,
        initializer: str | None = None,
        decay: float = 0.95,
        warmup: float = 0.0,
        callback: Callable[[Any], Any] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.class_weight = class_weight
        self.norm = norm
        self.dropout = dropout
        self.label_smoothing = label_smoothing
        self.weight_decay = weight_decay
        self.clip = clip
        self.averaging = averaging
        self.initializer = initializer
        self.decay = decay
        self.warmup = warmup
        self.callback = callback
        self.n_jobs = n_jobs


def _one_of(*names: str) -> tuple[str, Callable[[Any], bool]]:
    return f"one of {', '.join(names)}", lambda v: isinstance(v, str) and v in names


def _number(words: str, test: Callable[[Any], bool]) -> tuple[str, Callable[[Any], bool]]:
    return words, lambda v: isinstance(v, Real) and not isinstance(v, bool | np.bool_) and test(v)


def _optional(rule: tuple[str, Callable[[Any], bool]], other: Any) -> Any:
    words, test = rule
    return f"{other} or {words}", lambda v: (type(v) is type(other) and v == other) or test(v)


_COUNT = _number("a whole number of at least 1", lambda v: isinstance(v, Integral) and int(v) >= 1)
_FRACTION = _number("a number of at least 0 below 1", lambda v: 0 <= v < 1)
_AMOUNT = _number("a finite number of at least 0", lambda v: 0 <= v < math.inf)
_POSITIVE = _number("a finite number above 0", lambda v: 0 < v < math.inf)
_FLAG = "True or False", lambda v: isinstance(v, bool | np.bool_)

RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "activation": _one_of(*NAMES, *ACTIVATIONS),
    "solver": _one_of("lbfgs", *SOLVERS),
    "learning_rate": _one_of(*RATES),
    "norm": _one_of("none", "batch", "layer"),
    "initializer": _optional(_one_of("auto", *INITIALIZERS), None),
    "batch_size": _optional(_COUNT, "auto"),
    "max_iter": _COUNT,
    "max_fun": _COUNT,
    "n_iter_no_change": _optional(_COUNT, math.inf),
    "alpha": _AMOUNT,
    "tol": _AMOUNT,
    "power_t": _AMOUNT,
    "clip": _AMOUNT,
    "warmup": _AMOUNT,
    "weight_decay": _optional(_AMOUNT, None),
    "learning_rate_init": _POSITIVE,
    "epsilon": _POSITIVE,
    "decay": _number("a number above 0, at most 1", lambda v: 0 < v <= 1),
    **dict.fromkeys(
        (
            "momentum",
            "beta_1",
            "beta_2",
            "dropout",
            "label_smoothing",
            "averaging",
            "validation_fraction",
        ),
        _FRACTION,
    ),
    **dict.fromkeys(("shuffle", "warm_start", "nesterovs_momentum", "early_stopping"), _FLAG),
    "callback": ("None or a function of the classifier", lambda v: v is None or callable(v)),
}


def check_parameters(parameters: Parameters) -> None:
    """ValueError, in one line, for the first parameter that has no meaning."""
    for name, (expected, test) in RULES.items():
        value = getattr(parameters, name)
        if not test(value):
            raise ValueError(f"{name}: expected {expected}, found {value!r:.80}")
    if parameters.solver == "lbfgs":
        for name, usual in LBFGS.items():
            if (value := getattr(parameters, name)) != usual:
                raise ValueError(f"{name}: expected {usual!r} with solver lbfgs, found {value!r}")


def hidden_sizes(parameters: Parameters) -> tuple[int, ...]:
    """Widths of the hidden layers; one number stands for one layer."""
    given = parameters.hidden_layer_sizes
    sizes = list(given) if np.iterable(given) and not isinstance(given, str) else [given]
    if not all(isinstance(size, Integral) and int(size) >= 1 for size in sizes):
        expected = "a whole number of at least 1, or some"
        raise ValueError(f"hidden_layer_sizes: expected {expected}, found {given!r:.80}")
    return tuple(map(int, sizes))
