"""Batch and layer normalisation: forward and backward, side by side.

    x̂ = (z - mean) / sqrt(variance + ε)        y = gains * x̂ + biases

over the rows of a batch for each column (Ioffe & Szegedy 2015), or over the columns for each row
(Ba et al. 2016). With dy the derivative of the loss by y and g = gains * dy, the derivative by z is

    dz = (g - mean(g) - x̂ mean(g x̂)) / sqrt(variance + ε)

with means over the same axis, and those by gains and biases are the sums of dy x̂ and dy over the
rows. In inference batch normalisation takes the means and variances observed in training: each step
moves them by `MOMENTUM` towards those of its batch, the variance without bias. A batch of one row
has no variance: what is left over at the end of an epoch is normalised as in inference, with what
has been observed, and moves nothing there.

All arrays are (rows, columns) of one floating dtype unless stated, `scratch` too.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

EPSILON = 1e-5
MOMENTUM = 0.1


def batch_forward(
    z: np.ndarray,
    centred: np.ndarray,
    tensors: Mapping[str, np.ndarray],
    ones: np.ndarray,
) -> np.ndarray:
    """z ← y, and centred ← z - mean, by column; returns 1/sqrt(variance + ε) (columns,).

    tensors: gains, biases, and means and variances, which are moved; each (columns,). ones (rows,).
    """
    rows, kind = len(z), z.dtype.type
    means, variances = tensors["means"], tensors["variances"]
    if rows == 1:
        np.subtract(z, means, out=centred)
        inverse = reciprocal_deviation(variances)
    else:
        mean = ones @ z
        mean /= rows
        np.subtract(z, mean, out=centred)
        np.multiply(centred, centred, out=z)
        variance = ones @ z
        variance /= rows
        means += kind(MOMENTUM) * (mean - means)
        variances += kind(MOMENTUM) * (variance * kind(rows / (rows - 1)) - variances)
        inverse = reciprocal_deviation(variance)
    np.multiply(centred, tensors["gains"] * inverse, out=z)
    np.add(z, tensors["biases"], out=z)
    return inverse


def batch_backward(
    delta: np.ndarray,
    centred: np.ndarray,
    inverse: np.ndarray,
    gains: np.ndarray,
    ones: np.ndarray,
    gradients: np.ndarray,
    scratch: np.ndarray,
) -> None:
    """delta: dy → dz, in place; gradients (2, columns) ← those of biases and gains."""
    rows, factor = delta.dtype.type(len(delta)), gains * inverse
    np.multiply(delta, centred, out=scratch)
    np.matmul(ones, delta, out=gradients[0])
    np.matmul(ones, scratch, out=gradients[1])
    gradients[1] *= inverse
    np.multiply(delta, factor, out=delta)
    if rows > 1:
        np.multiply(centred, factor * inverse * gradients[1] / rows, out=scratch)
        np.add(scratch, factor * gradients[0] / rows, out=scratch)
        np.subtract(delta, scratch, out=delta)


def layer_forward(z: np.ndarray, hat: np.ndarray) -> np.ndarray:
    """hat ← x̂ of z, by row; returns 1/sqrt(variance + ε) (rows, 1)."""
    np.subtract(z, z.mean(axis=1, keepdims=True), out=hat)
    inverse = reciprocal_deviation(np.einsum("ij,ij->i", hat, hat) / z.shape[1])[:, None]
    np.multiply(hat, inverse, out=hat)
    return inverse


def layer_backward(
    delta: np.ndarray,
    hat: np.ndarray,
    inverse: np.ndarray,
    gains: np.ndarray,
    gradients: np.ndarray,
    scratch: np.ndarray,
) -> None:
    """delta: dy → dz, in place; gradients (2, columns) ← those of biases and gains."""
    columns = delta.shape[1]
    delta.sum(axis=0, out=gradients[0])
    np.multiply(delta, hat, out=scratch)
    scratch.sum(axis=0, out=gradients[1])
    np.multiply(delta, gains, out=delta)
    along = np.einsum("ij,ij->i", delta, hat)[:, None] / columns
    np.subtract(delta, delta.mean(axis=1, keepdims=True), out=delta)
    np.multiply(hat, along, out=scratch)
    np.subtract(delta, scratch, out=delta)
    np.multiply(delta, inverse, out=delta)


def reciprocal_deviation(variance: np.ndarray) -> np.ndarray:
    """1/sqrt(variance + ε)."""
    found: np.ndarray = 1 / np.sqrt(variance + variance.dtype.type(EPSILON))
    return found
