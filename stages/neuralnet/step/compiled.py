"""Loops that numba compiles: what lies between the products of a step, in one or two passes.

They are plain functions, which also run as they are, slowly; `compiled` makes machine code of one.
NumPy takes a pass over its arrays for each operation; here all operations on a number are done
while it is in a register. Arrays that belong to columns of a tile are (columns, batch), float32,
of which the first `rows` numbers of each line count.

tanh u is u P(u²) / Q(u²) below |u| = `FAR`, ±1 from there on, and no number of no number. P and Q
were fitted here, in float64: least squares of (P - t Q) / (t Q) with t = tanh(u) / u at 4,000
Chebyshev points of (0, 8], weights multiplied by each point's error over their mean until the
largest error stops falling (Lawson's method), 2e-8; with all roundings of float32 it is 5 units in
the last place.

Numba keeps what it compiled (../compiler.py); what that depends on is seen of numbers in this file
alone, so nothing here is taken from other files.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from ..compiler import machine_code

F = np.float32
ROOT, CUBE = F(0.7978845608028654), F(0.044715 * 0.7978845608028654)  # √(2/π), as in layers/gated
SLOPE = F(3 * 0.044715 * 0.7978845608028654)
HALF, ONE, FAR = F(0.5), F(1), F(8)
P0, P1, P2 = F(0.999999981), F(0.129792687), F(0.00298591075)
P3, P4, P5 = F(9.87910899e-06), F(-1.47055831e-08), F(2.35121469e-11)
Q1, Q2, Q3 = F(0.463125848), F(0.0240281242), F(0.000237210003)

# What the compiler may take for granted: sums in any order, products and sums at once, but not
# that there are neither infinities nor NaN, by which a training that goes wrong is known.
FLAGS = {"reassoc", "contract", "arcp", "nsz"}


@cache
def compiled(loop: Callable[..., None]) -> Callable[..., None]:
    """The loop as machine code, made at its first call and kept on disk where that can be."""
    return machine_code(loop, fastmath=FLAGS, error_model="numpy", nogil=True)


def batch_norm_gelu(
    z: np.ndarray,
    centred: np.ndarray,
    slopes: np.ndarray,
    gains: np.ndarray,
    biases: np.ndarray,
    means: np.ndarray,
    variances: np.ndarray,
    inverse: np.ndarray,
    rows: int,
    momentum: np.float32,
    epsilon: np.float32,
) -> None:
    """z ← GELU(y) of y = gains * x̂(z) + biases, slopes ← its derivative there, centred ← z - mean,
    inverse ← 1/sqrt(variance + ε); means and variances are moved."""
    count = F(rows)
    for column in range(len(z)):
        values, middle, slope = z[column], centred[column], slopes[column]
        total = F(0)
        for row in range(rows):
            total += values[row]
        mean = total / count
        total = F(0)
        for row in range(rows):
            distance = values[row] - mean
            middle[row] = distance
            total += distance * distance
        variance = total / count
        means[column] += momentum * (mean - means[column])
        unbiased = variance * (count / (count - ONE))
        variances[column] += momentum * (unbiased - variances[column])
        inverse[column] = ONE / np.sqrt(variance + epsilon)
        gain, bias = gains[column] * inverse[column], biases[column]
        for row in range(rows):
            y = middle[row] * gain + bias
            x = y  # near enough that no square of it is infinite
            if x > FAR:
                x = FAR
            if x < -FAR:
                x = -FAR
            square = x * x
            u = x * (ROOT + CUBE * square)
            s = u * u
            upper = P0 + s * (P1 + s * (P2 + s * (P3 + s * (P4 + s * P5))))
            t = u * upper / (ONE + s * (Q1 + s * (Q2 + s * Q3)))
            if u > FAR:
                t = ONE
            if u < -FAR:
                t = -ONE
            gate = HALF + HALF * t
            values[row] = y * gate
            slope[row] = gate + x * (ROOT + SLOPE * square) * (HALF - HALF * t * t)


def batch_norm_back(
    delta: np.ndarray,
    slopes: np.ndarray,
    centred: np.ndarray,
    inverse: np.ndarray,
    gains: np.ndarray,
    of_biases: np.ndarray,
    of_gains: np.ndarray,
    rows: int,
) -> None:
    """delta ← the derivative by z of that by the outputs; of_biases, of_gains ← gradients."""
    count = F(rows)
    for column in range(len(delta)):
        values, slope, middle = delta[column], slopes[column], centred[column]
        total, along = F(0), F(0)
        for row in range(rows):
            value = values[row] * slope[row]
            values[row] = value
            total += value
            along += value * middle[row]
        along *= inverse[column]
        of_biases[column], of_gains[column] = total, along
        factor = gains[column] * inverse[column]
        tilt, shift = factor * inverse[column] * along / count, factor * total / count
        for row in range(rows):
            values[row] = values[row] * factor - (middle[row] * tilt + shift)


def sgd(
    parameters: np.ndarray,
    gradients: np.ndarray,
    u: np.ndarray,
    average: np.ndarray,
    kept: np.float32,
    l2: np.float32,
    lost: np.float32,
    momentum: np.float32,
    taken: np.float32,
    nesterov: bool,
) -> None:
    """A step of optimizers/sgd.py, and of the average, unless that is empty."""
    averaged, left = len(average) > 0, ONE - lost
    for i in range(len(parameters)):
        value = parameters[i]
        gradient = gradients[i] + l2 * value
        moved = kept * u[i] + gradient
        u[i] = moved
        step = gradient + momentum * moved if nesterov else moved
        value = value * left - step
        parameters[i] = value
        if averaged:
            average[i] += (value - average[i]) * taken


def adam(
    parameters: np.ndarray,
    gradients: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    average: np.ndarray,
    momentum: np.float32,
    beta2: np.float32,
    eps: np.float32,
    step: np.float32,
    l2: np.float32,
    lost: np.float32,
    taken: np.float32,
) -> None:
    """A step of optimizers/adam.py, and of the average, unless that is empty."""
    averaged, left = len(average) > 0, ONE - lost
    for i in range(len(parameters)):
        value = parameters[i]
        gradient = gradients[i] + l2 * value
        first = momentum * m[i] + gradient
        second = beta2 * v[i] + gradient * gradient
        m[i], v[i] = first, second
        value = value * left - step * first / (np.sqrt(second) + eps)
        parameters[i] = value
        if averaged:
            average[i] += (value - average[i]) * taken
