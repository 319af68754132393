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

Functions that are not monotonic (gated.py) have, in the place of a slope, what training takes
instead: value and derivative at once, for their output does not determine the derivative.

    both(z, slope, scratch)     z ← f(z), slope ← f'(z); scratch: two arrays

elu is by Clevert et al. (2016), with alpha = 1.

Whatever z is, the results are finite where those of the formulas are. At the kink of the two ReLUs
the derivative is that of the left.

What else a new one is to be named in: CONTRIBUTING.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from .gated import gelu, gelu_both, sigmoid_of_minus, silu, silu_both

LEAK = 0.01


class Activation(NamedTuple):
    """A function on arrays, and one of the two ways to its derivative."""

    value: Callable[[np.ndarray], None]
    slope: Callable[[np.ndarray, np.ndarray, np.ndarray], None] | None
    both: Callable[[np.ndarray, np.ndarray, Sequence[np.ndarray]], None] | None = None


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
    sigmoid_of_minus(z)


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
