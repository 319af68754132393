"""Activation functions: a value and its derivative, side by side.

    value(z)                    z ← f(z), in place
    slope(a, delta, scratch)    delta ← delta * f'(z), in place, given a = f(z)

All arrays have one shape and one floating dtype, `scratch` too. The derivative is taken from the
output a, so the pre-activation z need not be kept:

    relu        max(z, 0)             1 where a > 0, else 0
    leaky_relu  z, or z/100 below 0   1 where a > 0, else 1/100
    elu         z, or e^z - 1 below 0 1 where a > 0, else a + 1
    sigmoid     1 / (1 + e^-z)        a (1 - a)
    tanh        tanh z                1 - a²
    linear      z                     1

Two functions are not monotonic: their output does not determine the derivative. They have, in the
place of a slope, what training takes instead: value and derivative at once, which share their
exponential (with σ for the sigmoid).

    both(z, slope, scratch)     z ← f(z), slope ← f'(z); scratch (2, …): two arrays

    gelu        z σ(2u)               σ(2u) + 2 z u' σ(2u) (1 - σ(2u)),
                                      u = √(2/π) (z + 0.044715 z³)
    silu        z σ(z)                σ(z) + z σ(z) (1 - σ(z))

gelu is the tanh form of Hendrycks & Gimpel (2016), with σ(2u) for its (1 + tanh u) / 2; elu is by
Clevert et al. (2016), with alpha = 1; silu by Elfwing et al. (2017).

Whatever z is, the results are finite where those of the formulas are. At the kink of the two ReLUs
the derivative is that of the left.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

LEAK = 0.01
FAR = 22.0  # from here on gelu is z, below -FAR it is 0: e^2u is beyond the largest number
ROOT, CUBE = math.sqrt(2 / math.pi), 0.044715


class Activation(NamedTuple):
    """A function on arrays, and one of the two ways to its derivative."""

    value: Callable[[np.ndarray], None]
    slope: Callable[[np.ndarray, np.ndarray, np.ndarray], None] | None
    both: Callable[[np.ndarray, np.ndarray, np.ndarray], None] | None = None


def relu(z: np.ndarray) -> None:
    np.maximum(z, 0, out=z)


def relu_slope(a: np.ndarray, delta: np.ndarray, scratch: np.ndarray) -> None:
    np.multiply(delta, a > 0, out=delta)


def leaky_relu(z: np.ndarray) -> None:
    np.maximum(z, z * z.dtype.type(LEAK), out=z)


def leaky_relu_slope(a: np.ndarray, delta: np.ndarray, scratch: np.ndarray) -> None:
    np.greater(a, 0, out=scratch, casting="unsafe")
    np.maximum(scratch, LEAK, out=scratch)
    np.multiply(delta, scratch, out=delta)


def elu(z: np.ndarray) -> None:
    # NumPy's expm1 is ten times slower, and only more exact where a is next to 0.
    below = np.minimum(z, 0)
    np.exp(below, out=below)
    np.subtract(below, 1, out=below)
    np.maximum(z, below, out=z)


def elu_slope(a: np.ndarray, delta: np.ndarray, scratch: np.ndarray) -> None:
    np.minimum(a, 0, out=scratch)
    np.add(scratch, 1, out=scratch)
    np.multiply(delta, scratch, out=delta)


def sigmoid(z: np.ndarray) -> None:
    np.negative(z, out=z)
    _sigmoid_of_minus(z)


def sigmoid_slope(a: np.ndarray, delta: np.ndarray, scratch: np.ndarray) -> None:
    np.subtract(1, a, out=scratch)
    np.multiply(scratch, a, out=scratch)
    np.multiply(delta, scratch, out=delta)


def tanh(z: np.ndarray) -> None:
    np.tanh(z, out=z)


def tanh_slope(a: np.ndarray, delta: np.ndarray, scratch: np.ndarray) -> None:
    np.multiply(a, a, out=scratch)
    np.subtract(1, scratch, out=scratch)
    np.multiply(delta, scratch, out=delta)


def gelu(z: np.ndarray) -> None:
    x = np.clip(z, -FAR, FAR)
    g = np.multiply(x, x)
    _gelu_sigmoid(x, g)
    np.multiply(z, g, out=z)


def gelu_both(z: np.ndarray, slope: np.ndarray, scratch: np.ndarray) -> None:
    # With g = σ(2u): g (1 + 2 z u' (1 - g)), where 2 z u' = z (2 √(2/π) + 6 √(2/π) 0.044715 z²).
    x, g = scratch
    np.clip(z, -FAR, FAR, out=x)
    np.multiply(x, x, out=slope)
    np.copyto(g, slope)
    _gelu_sigmoid(x, g)
    np.multiply(z, g, out=z)
    np.multiply(slope, 6 * ROOT * CUBE, out=slope)
    np.add(slope, 2 * ROOT, out=slope)
    np.multiply(slope, x, out=slope)
    np.subtract(1, g, out=x)
    np.multiply(slope, x, out=slope)
    np.add(slope, 1, out=slope)
    np.multiply(slope, g, out=slope)


def _gelu_sigmoid(x: np.ndarray, square: np.ndarray) -> None:
    """square, of x: x² → σ(2u)."""
    np.multiply(square, -2 * ROOT * CUBE, out=square)
    np.subtract(square, 2 * ROOT, out=square)
    np.multiply(square, x, out=square)
    _sigmoid_of_minus(square)


def silu(z: np.ndarray) -> None:
    g = np.negative(z)
    _sigmoid_of_minus(g)
    np.multiply(z, g, out=z)


def silu_both(z: np.ndarray, slope: np.ndarray, scratch: np.ndarray) -> None:
    g, rest = scratch
    np.negative(z, out=g)
    _sigmoid_of_minus(g)
    np.multiply(z, g, out=z)
    np.subtract(1, g, out=rest)
    np.multiply(z, rest, out=slope)
    np.add(slope, g, out=slope)


def _sigmoid_of_minus(z: np.ndarray) -> None:
    """z ← σ(-z); where the exponential is infinite, it is 0."""
    np.exp(z, out=z)
    np.add(z, 1, out=z)
    np.reciprocal(z, out=z)


def linear(z: np.ndarray) -> None:
    pass


def linear_slope(a: np.ndarray, delta: np.ndarray, scratch: np.ndarray) -> None:
    pass


ACTIVATIONS = {
    "relu": Activation(relu, relu_slope),
    "leaky_relu": Activation(leaky_relu, leaky_relu_slope),
    "elu": Activation(elu, elu_slope),
    "gelu": Activation(gelu, None, gelu_both),
    "silu": Activation(silu, None, silu_both),
    "sigmoid": Activation(sigmoid, sigmoid_slope),
    "tanh": Activation(tanh, tanh_slope),
    "linear": Activation(linear, linear_slope),
}
