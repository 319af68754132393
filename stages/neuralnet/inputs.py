"""Inputs: how a stored row becomes what the first layer reads.

    stored (n, d) ─ scale, offset ─ contrast ─ standardization ─▶ (n, d) ─ whitening ─▶ (n, k)

Each part is optional and does what a model file says of it; training, evaluation and prediction all
go through here. Rows may be stored as floats or as the bytes of an image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .scalars import real, set_numbers

CONSTANTS = "standardization", "whitening"  # the arrays among them
LEAST_DEVIATION = 1e-3  # of an image with contrast: a quarter of one grey level in [0, 1]


@dataclass(frozen=True, eq=False)
class Inputs:
    """The constants, with which stored rows are made into inputs; by default nothing is done.

    scale, offset: x ← stored * scale + offset. contrast: then each row is brought to mean 0 and
    deviation 1. standardization: (2, d), mean and 1/deviation, or None or empty. whitening:
    (1 + d, k), x ← x @ whitening[1:] + whitening[0], or None or empty. shape: (channels, height,
    width) of a row that is an image, for what must know left from right.
    """

    scale: float = 1.0
    offset: float = 0.0
    contrast: bool = False
    standardization: np.ndarray | None = None
    whitening: np.ndarray | None = None
    shape: tuple[int, int, int] | None = None

    def __post_init__(self) -> None:
        set_numbers(self, real, "scale", "offset", expected="a finite number", fits=math.isfinite)
        for name in CONSTANTS:
            value = getattr(self, name)
            if value is not None and not len(value):
                object.__setattr__(self, name, None)

    def astype(self, dtype: np.dtype) -> Inputs:
        """The same with constants of that type."""
        found = {name: getattr(self, name) for name in CONSTANTS}
        made: dict[str, Any] = {
            name: np.asarray(value, dtype) for name, value in found.items() if value is not None
        }
        return replace(self, **made)

    @property
    def linear(self) -> bool:
        """Whether stored rows are only scaled and shifted before the whitening."""
        return not self.contrast and self.standardization is None

    def width(self, stored: int) -> int:
        """Number of inputs made of so many stored numbers."""
        return stored if self.whitening is None else self.whitening.shape[1]

    def check(self, stored: int) -> None:
        """ValueError where the constants do not fit rows of so many numbers, or each other."""
        if self.standardization is not None and np.shape(self.standardization) != (2, stored):
            found = np.shape(self.standardization)
            raise ValueError(f"standardization: expected (2, {stored}) or empty, found {found}")
        if self.whitening is not None:
            found = np.shape(self.whitening)
            if len(found) != 2 or found[0] != stored + 1:
                raise ValueError(f"whitening: expected ({stored + 1}, k) or empty, found {found}")
        if self.shape is not None and int(np.prod(self.shape)) != stored:
            raise ValueError(f"shape: expected {stored} numbers an image, found {self.shape}")

    def convert(self, stored: np.ndarray, x: np.ndarray) -> None:
        """x (n, d) ← stored (n, d), all but the whitening. They may be the same array."""
        if x is not stored:
            x[...] = stored
        if self.scale != 1:
            np.multiply(x, x.dtype.type(self.scale), out=x)
        if self.offset:
            np.add(x, x.dtype.type(self.offset), out=x)
        if self.contrast:
            normalize_contrast(x)
        if self.standardization is not None:
            mean, inverse = self.standardization
            np.subtract(x, mean, out=x)
            np.multiply(x, inverse, out=x)

    def whiten(self, x: np.ndarray, out: np.ndarray, columns: slice = slice(None)) -> None:
        """out (n, columns) ← those columns of x (n, d), whitened."""
        assert self.whitening is not None
        np.matmul(x, self.whitening[1:, columns], out=out)
        np.add(out, self.whitening[0, columns], out=out)

    def __call__(self, stored: np.ndarray, dtype: np.dtype | str = "float32") -> np.ndarray:
        """Inputs, a new array, of stored rows (n, d)."""
        x: np.ndarray = np.empty(stored.shape, dtype)
        self.convert(stored, x)
        if self.whitening is None:
            return x
        out = np.empty((len(x), self.width(x.shape[1])), dtype)
        self.whiten(x, out)
        return out


def normalize_contrast(x: np.ndarray) -> None:
    """Each row of x (n, d), in place: mean 0 and deviation 1, but for rows without contrast."""
    np.subtract(x, x.mean(axis=1, keepdims=True), out=x)
    deviation = np.sqrt(np.einsum("ij,ij->i", x, x) / x.shape[1])
    np.divide(x, np.maximum(deviation, LEAST_DEVIATION)[:, None], out=x)


def mirrored(stored: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Rows (n, channels * height * width), each image with left and right exchanged: a copy."""
    return stored.reshape(-1, *shape)[..., ::-1].reshape(len(stored), -1)
