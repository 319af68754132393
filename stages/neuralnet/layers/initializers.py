"""Random weights to start from.

    initializer(rng, inputs, outputs) -> float64 array (inputs, outputs)

Glorot & Bengio (2010, eq. 16): variance 2 / (inputs + outputs), for symmetric activations.
He et al. (2015, eq. 10): variance 2 / inputs, for rectifiers, which pass half of it on.
A uniform distribution on [-r, r] has variance r² / 3. "auto" is He's for the ReLUs and for their
smooth kin (ELU, GELU, SiLU), which cut off what is negative likewise; else Glorot's.

Numbers are drawn in float64 and rounded afterwards: both precisions start from the same network.
Each layer has a stream of its own: changing one layer leaves the others' numbers alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..seeds import WEIGHTS, sequence

RECTIFIERS = ("relu", "leaky_relu", "elu", "gelu", "silu")

Initializer = Callable[["np.random.Generator", int, int], "np.ndarray"]


def glorot_uniform(rng: np.random.Generator, inputs: int, outputs: int) -> np.ndarray:
    bound = math.sqrt(6 / (inputs + outputs))
    return rng.uniform(-bound, bound, (inputs, outputs))


def glorot_normal(rng: np.random.Generator, inputs: int, outputs: int) -> np.ndarray:
    return rng.normal(0, math.sqrt(2 / (inputs + outputs)), (inputs, outputs))


def he_uniform(rng: np.random.Generator, inputs: int, outputs: int) -> np.ndarray:
    bound = math.sqrt(6 / inputs)
    return rng.uniform(-bound, bound, (inputs, outputs))


def he_normal(rng: np.random.Generator, inputs: int, outputs: int) -> np.ndarray:
    return rng.normal(0, math.sqrt(2 / inputs), (inputs, outputs))


def zeros(rng: np.random.Generator, inputs: int, outputs: int) -> np.ndarray:
    return np.zeros((inputs, outputs))


INITIALIZERS: dict[str, Initializer] = {
    "glorot_uniform": glorot_uniform,
    "glorot_normal": glorot_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "zeros": zeros,
}


def choose(name: str, activation: str) -> Initializer:
    """The initializer called `name`; "auto" looks at the activation that follows the weights."""
    if name == "auto":
        name = "he_uniform" if activation in RECTIFIERS else "glorot_uniform"
    if name not in INITIALIZERS:
        known = ", ".join(INITIALIZERS)
        raise ValueError(f"initializer: expected auto or one of {known}, found {name!r}")
    return INITIALIZERS[name]


def stream(seed: int, layer: int) -> np.random.Generator:
    """The random numbers of one layer."""
    return np.random.default_rng(sequence(seed, WEIGHTS, layer))
