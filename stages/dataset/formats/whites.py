"""White: the number in an array's pixels that becomes 255, the white of bytes.

An array does not say what its white is. It is guessed when a dataset is decoded: the first of 1,
16, 255 and 65,535 that no pixel exceeds. A darker array of the same kind would be guessed another
one, so the record of the dataset, and a model, keep what it was (`Pixels`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.errors import DataError

WHITES = (1, 16, 255, 65_535)
DARK = 8  # no pixel that is this part of white: it is another white that was meant
BYTES = "uint8"  # their white is always 255
DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", BYTES, "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "longdouble"),
)


@dataclass(frozen=True)
class Pixels:
    """What the pixels of an array of images are: their dtype, by name, and their white."""

    dtype: str
    white: int

    @classmethod
    def of(cls, dtype: np.dtype[Any], white: int) -> Pixels:
        """Pixels of a dtype, of any byte order."""
        return cls(dtype_name(dtype), white)

    def record(self) -> dict[str, Any]:
        """As a JSON value."""
        return asdict(self)

    @property
    def advice(self) -> str:
        """How to give the same pixels as bytes, of which nobody has to guess the white."""
        return f"numpy.rint(x * (255 / {self.white})).astype(numpy.uint8)"

    def white_of(self, dtype: np.dtype[Any], most: float, where: str) -> int | None:
        """The white of other pixels, of which none exceeds `most`, where it is that of these.

        None: nothing says so, it is to be guessed. Raises `DataError` where it may be this white
        as well as another one.
        """
        if dtype_name(dtype) != self.dtype or (dtype.kind == "f" and most > self.white):
            return None
        if most > self.white:
            raise DataError(
                f"{where}: expected pixels up to {self.white:,}, the white of the {self.dtype} "
                f"that the model was trained on, found {most:g}; bring them to that scale, or "
                "train the model on such pixels"
            )
        guess = guess_white(most)
        if dtype.kind == "f" and most > 0 and guess != self.white and guess in (1, 255):
            raise DataError(
                f"{where}: expected pixels with {self.white:,} for white, as the {self.dtype} that "
                f"the model was trained on, found none above {most:g}: their white may be {guess}; "
                f"if so, give bytes, {Pixels(self.dtype, guess).advice}; if not, give brighter "
                "ones beside them"
            )
        return self.white


def dtype_name(dtype: np.dtype[Any]) -> str:
    """One of `DTYPES`: the name of a dtype, the same on every machine."""
    name = dtype.name
    return "longdouble" if dtype.kind == "f" and name not in DTYPES else name


def pixels_of(record: Mapping[str, Any]) -> Pixels | None:
    """The pixels in the record of a dataset; None where it is not one of arrays of images."""
    found = record.get("pixels")
    return Pixels(found["dtype"], found["white"]) if found else None


def guess_white(most: float) -> int | None:
    """The first white that is no less than the largest pixel; None: there is none."""
    return next((white for white in WHITES if most <= white), None)


def to_bytes(rows: np.ndarray, white: int) -> np.ndarray:
    """Pixels from 0 to `white`, of any dtype, as uint8 from 0 to 255."""
    found: np.ndarray = np.rint(rows.astype(np.float64) * (255 / white)).astype(np.uint8)
    return found
