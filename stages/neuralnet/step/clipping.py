"""Clipping: gradients scaled down where the norm of all of them together is too large.

A phase forms all gradients and their squares; the next one may then scale each (update.py).
"""

from __future__ import annotations

import numpy as np

from .kernels import Now, Piece


class Clipping:
    """squares (tasks,), float64: a sum for each part of the gradients; None: nothing is clipped."""

    def __init__(self, squares: np.ndarray | None, now: Now) -> None:
        self._squares, self._now = squares, now

    @property
    def on(self) -> bool:
        """Whether gradients are clipped."""
        return self._squares is not None

    def square(self, gradient: np.ndarray, number: int) -> Piece:
        """The sum of the squares of a part of the gradients, which has this number among them."""
        squares = self._squares
        assert squares is not None  # only where gradients are clipped

        def piece() -> None:
            squares[number] = np.dot(gradient, gradient)

        return piece

    def clip(self, gradient: np.ndarray) -> None:
        """gradient ← gradient * min(1, clip / norm of all gradients)."""
        if self._squares is None:
            return
        norm = np.sqrt(self._squares.sum())
        if norm > self._now.clip:
            np.multiply(gradient, gradient.dtype.type(self._now.clip / norm), out=gradient)
