"""Activation functions: a value and its derivative, side by side.

    value(z)                 z ← f(z), in place
    slope(a, delta, scratch)    delta ← delta * f'(z), in place, given a = f(z)

All arrays have one shape and one floating dtype, `scratch` too. The derivative is taken from the
output a, so the pre-activation z need not be kept:

    relu        max(z, 0)             1 where a > 0, else 0
    leaky_relu  z, or z/100 below 0   1 where a > 0, else 1/100
    elu         z, or e^z - 1 below 0 1 where a > 0, else a + 1
    sigmoid     1 / (1 + e^-z)        a (1 - a)
    tanh        tanh z                1 - a²
    linear      z                     1

Two functions are not monotonic: their output does not determine the derivative. They are marked
`inner`, and their slope gets z in the place of a (with σ for the sigmoid):

    gelu        z σ(2u)               σ(2u) + 2 z u' σ(2u) (1 - σ(2u)),
                                      u = √(2/π) (z + 0.044715 z³)
    silu        z σ(z)                σ(z) + z σ(z) (1 - σ(z))

gelu is the tanh form of Hendrycks & Gimpel (2016), with σ(2u) for its (1 + tanh u) / 2; elu is by
Clevert et al. (2016), with alpha = 1; silu by Elfwing et al. (2017).

Nothing overflows, whatever z is. At the kink of the two ReLUs the derivative is that of the left.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

LEAK = 0.01
FAR = 9.0  # from here on gelu is z, below -FAR it is 0, but for less than 10^-27
ROOT, CUBE = math.sqrt(2 / math.pi), 0.044715


class Activation(NamedTuple):
    """A function on arrays, and the product of its derivative with what comes from above."""

    value: Callable[[np.ndarray], None]
    slope: Callable[[np.ndarray, np.ndarray, np.ndarray], None]
    inner: bool = False  # whether slope wants z, not a


def _limit(z: np.ndarray) -> np.floating:
    """A little further the exponential would be infinite."""
    return np.floor(np.log(np.finfo(z.dtype).max))


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
    np.minimum(z, _limit(z), out=z)
    np.exp(z, out=z)
    np.add(z, 1, out=z)
    np.reciprocal(z, out=z)


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


def _gelu_exponent(x: np.ndarray, scratch: np.ndarray) -> None:
    """scratch ← -2u, for |x| of at most FAR."""
    np.multiply(x, x, out=scratch)
    np.multiply(scratch, -2 * ROOT * CUBE, out=scratch)
    np.add(scratch, -2 * ROOT, out=scratch)
    np.multiply(scratch, x, out=scratch)


def gelu(z: np.ndarray) -> None:
    np.maximum(z, -FAR, out=z)
    x = np.minimum(z, FAR)
    scratch = np.empty_like(x)
    _gelu_exponent(x, scratch)
    np.exp(scratch, out=scratch)
    np.add(scratch, 1, out=scratch)
    np.divide(z, scratch, out=z)


def gelu_slope(z: np.ndarray, delta: np.ndarray, scratch: np.ndarray) -> None:
    # With g = σ(2u): g (1 + 2 z u' (1 - g)), where 2 z u' = 6 u - 4 √(2/π) z.
    x = np.clip(z, -FAR, FAR)
    _gelu_exponent(x, scratch)
    np.multiply(x, 4 / 3 * ROOT, out=x)
    np.add(x, scratch, out=x)
    np.exp(scratch, out=scratch)
    np.add(scratch, 1, out=scratch)
    np.reciprocal(scratch, out=scratch)
    np.multiply(delta, scratch, out=delta)
    np.subtract(scratch, 1, out=scratch)
    np.multiply(scratch, x, out=scratch)
    np.multiply(scratch, 3, out=scratch)
    np.add(scratch, 1, out=scratch)
    np.multiply(delta, scratch, out=delta)


def silu(z: np.ndarray) -> None:
    np.maximum(z, -_limit(z), out=z)
    below = np.negative(z)
    np.exp(below, out=below)
    np.add(below, 1, out=below)
    np.divide(z, below, out=z)


def silu_slope(z: np.ndarray, delta: np.ndarray, scratch: np.ndarray) -> None:
    # With g = σ(z) the derivative is g * (1 + z (1 - g)).
    z = np.maximum(z, -_limit(z))
    np.copyto(scratch, z)
    sigmoid(scratch)
    np.multiply(delta, scratch, out=delta)
    np.subtract(1, scratch, out=scratch)
    np.multiply(scratch, z, out=scratch)
    np.add(scratch, 1, out=scratch)
    np.multiply(delta, scratch, out=delta)


def linear(z: np.ndarray) -> None:
    pass


def linear_slope(a: np.ndarray, delta: np.ndarray, scratch: np.ndarray) -> None:
    pass


ACTIVATIONS = {
    "relu": Activation(relu, relu_slope),
    "leaky_relu": Activation(leaky_relu, leaky_relu_slope),
    "elu": Activation(elu, elu_slope),
    "gelu": Activation(gelu, gelu_slope, inner=True),
    "silu": Activation(silu, silu_slope, inner=True),
    "sigmoid": Activation(sigmoid, sigmoid_slope),
    "tanh": Activation(tanh, tanh_slope),
    "linear": Activation(linear, linear_slope),
}
