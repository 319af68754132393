"""Gated activations: z times a gate that opens with z. Their output does not determine the
derivative, so training takes both at once, which share their exponential (with σ for the sigmoid):

    value(z)                    z ← f(z), in place
    both(z, slope, scratch)     z ← f(z), slope ← f'(z); scratch: two arrays

    gelu        z σ(2u)               σ(2u) + 2 z u' σ(2u) (1 - σ(2u)),
                                      u = √(2/π) (z + 0.044715 z³)
    silu        z σ(z)                σ(z) + z σ(z) (1 - σ(z))

gelu is the tanh form of Hendrycks & Gimpel (2016), with σ(2u) for its (1 + tanh u) / 2; silu is by
Elfwing et al. (2017). All arrays have one shape and one floating dtype.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

FAR = 22.0  # from here on gelu is z, below -FAR it is 0: e^2u is beyond the largest number
ROOT, CUBE = math.sqrt(2 / math.pi), 0.044715


def gelu(z: np.ndarray) -> None:
    x = np.clip(z, -FAR, FAR)
    g = np.multiply(x, x)
    _gelu_sigmoid(x, g)
    np.multiply(z, g, out=z)


def gelu_both(z: np.ndarray, slope: np.ndarray, scratch: Sequence[np.ndarray]) -> None:
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
    sigmoid_of_minus(square)


def silu(z: np.ndarray) -> None:
    g = np.negative(z)
    sigmoid_of_minus(g)
    np.multiply(z, g, out=z)


def silu_both(z: np.ndarray, slope: np.ndarray, scratch: Sequence[np.ndarray]) -> None:
    g, rest = scratch
    np.negative(z, out=g)
    sigmoid_of_minus(g)
    np.multiply(z, g, out=z)
    np.subtract(1, g, out=rest)
    np.multiply(z, rest, out=slope)
    np.add(slope, g, out=slope)


def sigmoid_of_minus(z: np.ndarray) -> None:
    """z ← σ(-z); where the exponential is infinite, it is 0."""
    np.exp(z, out=z)
    np.add(z, 1, out=z)
    np.reciprocal(z, out=z)
