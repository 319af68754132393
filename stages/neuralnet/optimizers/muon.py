"""Muon: steps whose singular values are all alike; the protocol is documented in the package."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np

from .adam import Adam
from .regularization import (
    check_fractions,
    check_positive,
    check_regularization,
    penalize,
    shrink,
)

ITERATIONS = 5
QUINTIC = 3.4445, -4.7750, 2.0315  # published with the method
LEAST = 1e-7  # of the norm that a matrix is divided by


def orthogonalize(X: np.ndarray, out: np.ndarray, scratch: np.ndarray) -> None:
    """out ← about U Vᵀ, where X = U S Vᵀ: (rows, columns) with all singular values near 1.

    Newton-Schulz iterations X ← a X + b (X Xᵀ) X + c (X Xᵀ)² X, from X over its norm; with Xᵀ X,
    on the other side, where that is smaller. The quintic does not converge: singular values that
    were not tiny end between 0.7 and 1.2. X (overwritten) and out are of one shape and dtype;
    scratch is flat, 2 * min(rows, columns)² numbers.
    """
    a, b, c = QUINTIC
    side = min(X.shape)
    A, B = scratch[: 2 * side * side].reshape(2, side, side)
    diagonal = B.reshape(-1)[:: side + 1]
    np.divide(X, max(float(np.linalg.norm(X)), LEAST), out=X)
    for _ in range(ITERATIONS):  # an odd number: the last product lands in `out`
        left = X.shape[0] == side
        np.matmul(*((X, X.T) if left else (X.T, X)), out=A)
        np.matmul(A, A, out=B)
        np.multiply(B, c, out=B)
        np.multiply(A, b, out=A)
        np.add(B, A, out=B)
        np.add(diagonal, a, out=diagonal)
        np.matmul(*((B, X) if left else (X, B)), out=out)
        X, out = out, X


@dataclass(frozen=True)
class Muon:
    """Momentum, orthogonalised (Jordan 2024, https://kellerjordan.github.io/posts/muon):

        G ← G + l2 * W
        M ← momentum * M + G
        W ← W - lr * s * orthogonalize(G + momentum * M) - lr * weight_decay * W

    with s = √max(1, outputs / inputs) for W (inputs, outputs), a whole weight matrix or some of its
    columns, which are a matrix of their own then. All else (biases, gains, the last layer) follows
    Adam with beta1, beta2, eps, and lr * ratio for a learning rate.
    """

    momentum: float = 0.95
    ratio: float = 0.015
    beta1: float = 0.9
    beta2: float = 0.95
    eps: float = 1e-8
    l2: float = 0.0
    weight_decay: float = 0.0

    slots: ClassVar[int] = 2  # of which a matrix needs one
    matrices: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_fractions(self, "momentum", "beta1", "beta2")
        check_positive(self, "ratio", "eps")
        check_regularization(self)

    def scale(self, lr: float) -> float:
        return 1.0

    def coefficients(self, lr: float, previous: float, count: int) -> tuple[float, ...]:
        numbers = self.momentum, lr, self.l2, lr * self.weight_decay
        return *numbers, *self._rest.coefficients(lr * self.ratio, previous * self.ratio, count)

    def update(
        self,
        parameters: np.ndarray,
        gradients: np.ndarray,
        slots: np.ndarray,
        coefficients: Sequence[np.ndarray],
        decay: bool = True,
    ) -> None:
        Adam.update(cast(Adam, self), parameters, gradients, slots, coefficients[4:], decay)

    def scratch(self, inputs: int, outputs: int) -> int:
        """How many numbers of scratch `update_matrix` needs."""
        return inputs * outputs + 2 * min(inputs, outputs) ** 2

    def update_matrix(
        self,
        W: np.ndarray,
        G: np.ndarray,
        slots: np.ndarray,
        coefficients: Sequence[np.ndarray],
        scratch: np.ndarray,
    ) -> None:
        """W ← moved along its gradient G, both (inputs, outputs); G is overwritten.

        slots (slots, inputs, outputs); scratch: flat, of W's dtype, at least
        `self.scratch(*W.shape)` numbers.
        """
        momentum, lr, l2, lost = coefficients[:4]
        M, X = slots[0], scratch[: W.size].reshape(W.shape)
        penalize(W, G, l2)
        shrink(W, lost)
        np.multiply(M, momentum, out=M)
        np.add(M, G, out=M)
        np.multiply(M, momentum, out=X)
        np.add(X, G, out=X)
        orthogonalize(X, G, scratch[W.size :])
        inputs, outputs = W.shape
        np.multiply(G, lr * W.dtype.type(math.sqrt(max(1, outputs / inputs))), out=G)
        np.subtract(W, G, out=W)

    @property
    def _rest(self) -> Adam:
        return Adam(self.beta1, self.beta2, self.eps, self.l2, self.weight_decay)
