"""Activation functions: a value and its derivative, side by side.

    value(z)                 z ← f(z), in place
    slope(a, delta, room)    delta ← delta * f'(z), in place, given a = f(z)

All arrays have one shape and one floating dtype; `room` is scratch of that shape. The derivative is
taken from the output a, so the pre-activation z need not be kept:

    relu        max(z, 0)             1 where a > 0, else 0
    leaky_relu  z, or z/100 below 0   1 where a > 0, else 1/100
    sigmoid     1 / (1 + e^-z)        a (1 - a)
    tanh        tanh z                1 - a²
    linear      z                     1

No value overflows, whatever z is. At the kink of the two ReLUs the derivative is that of the left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

LEAK = 0.01


class Activation(NamedTuple):
    """A function on arrays, and the product of its derivative with what comes from above."""

    value: Callable[[np.ndarray], None]
    slope: Callable[[np.ndarray, np.ndarray, np.ndarray], None]


def relu(z: np.ndarray) -> None:
    np.maximum(z, 0, out=z)


def relu_slope(a: np.ndarray, delta: np.ndarray, room: np.ndarray) -> None:
    np.multiply(delta, a > 0, out=delta)


def leaky_relu(z: np.ndarray) -> None:
    np.maximum(z, z * z.dtype.type(LEAK), out=z)


def leaky_relu_slope(a: np.ndarray, delta: np.ndarray, room: np.ndarray) -> None:
    np.greater(a, 0, out=room, casting="unsafe")
    np.maximum(room, LEAK, out=room)
    np.multiply(delta, room, out=delta)


def sigmoid(z: np.ndarray) -> None:
    np.negative(z, out=z)
    # A little further e^-z would be infinite.
    np.minimum(z, np.floor(np.log(np.finfo(z.dtype).max)), out=z)
    np.exp(z, out=z)
    np.add(z, 1, out=z)
    np.reciprocal(z, out=z)


def sigmoid_slope(a: np.ndarray, delta: np.ndarray, room: np.ndarray) -> None:
    np.subtract(1, a, out=room)
    np.multiply(room, a, out=room)
    np.multiply(delta, room, out=delta)


def tanh(z: np.ndarray) -> None:
    np.tanh(z, out=z)


def tanh_slope(a: np.ndarray, delta: np.ndarray, room: np.ndarray) -> None:
    np.multiply(a, a, out=room)
    np.subtract(1, room, out=room)
    np.multiply(delta, room, out=delta)


def linear(z: np.ndarray) -> None:
    pass


def linear_slope(a: np.ndarray, delta: np.ndarray, room: np.ndarray) -> None:
    pass


ACTIVATIONS = {
    "relu": Activation(relu, relu_slope),
    "leaky_relu": Activation(leaky_relu, leaky_relu_slope),
    "sigmoid": Activation(sigmoid, sigmoid_slope),
    "tanh": Activation(tanh, tanh_slope),
    "linear": Activation(linear, linear_slope),
}
