"""Examples: an array of any form and type as images or as the rows of a table, in blocks.

Pixels of other types than bytes are scaled: white is that of the examples that a model was trained
on where these are like them, else the first of 1, 16, 255, 65,535 that no pixel exceeds. Refused is
what would be nearly black then: fractions, or beyond 255 anything, of which no pixel reaches an
eighth of that white (0 to 1.01, 0 to 2.5, 0 to 300), and fractions up to 16.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.errors import DataError
from stages.dataset.formats.cells import loses_digits
from stages.dataset.formats.layout import RECORDS
from stages.dataset.formats.whites import DARK, Pixels, dtype_name, guess_white, to_bytes

BLOCK = 1 << 22  # bytes of pixels or features at once
SIDE = 4096  # pixels


class Examples:
    """The examples in an array: as uint8 images (n, c, h, w), or as float32 features (n, d).

    trained: the pixels that a model was trained on, which reads these; None: not known, or none.
    """

    def __init__(self, array: np.ndarray, where: str, trained: Pixels | None = None) -> None:
        self.array, self.where, self.count = array, where, len(array) if array.ndim else 0
        self.bytes = array.dtype == np.uint8  # what they are needs no scale
        shape = array.shape[1:]
        if array.dtype.kind not in "biuf" or not 1 <= len(shape) <= 3 or not math.prod(shape):
            raise DataError(
                f"{where}: expected numbers (n, d), (n, h, w), (n, c, h, w) or (n, h, w, c), found "
                f"{array.dtype} {array.shape}"
            )
        if not 0 < self.count <= RECORDS:
            raise DataError(f"{where}: expected 1 to {RECORDS:,} examples, found {self.count:,}")
        self.last = False
        if len(shape) == 3:
            first, self.last = (shape[axis] in (1, 3, 4) for axis in (0, 2))
            if first and self.last and (shape[0] == 4) != (shape[2] == 4):
                self.last = shape[0] == 4  # rather grey or RGB than with opacity
                first = not self.last
            if first == self.last:
                raise DataError(
                    f"{where}: expected 1, 3 or 4 channels, first or last, in images (n, c, h, w) "
                    f"or (n, h, w, c), found {array.shape}"
                )
        self.rows = max(BLOCK // (math.prod(shape) * 4), 1)
        channels = 1 if len(shape) == 2 else shape[2 if self.last else 0] if len(shape) > 2 else 0
        sides = [side for axis, side in enumerate(shape) if axis != (2 if self.last else 0)]
        sides = list(shape) if len(shape) == 2 else sides
        if channels and max(sides) > SIDE:
            raise DataError(f"{where}: expected at most {SIDE:,} pixels a side, found {shape}")
        self.form = [3 if channels == 4 else channels, *sides] if channels else list(shape)
        self.most = 0.0  # of its pixels
        self.white = self._white(trained) if channels else 1
        if not channels:
            for start in self._starts():
                self._expect_finite(start, array[start : start + self.rows])

    def record(self, white: int) -> dict[str, Any]:
        """What the record of the dataset says of the examples, and of their pixels."""
        if len(self.form) == 3:
            pixels = Pixels.of(self.array.dtype, 255 if self.bytes else white)
            return {"shape": self.form, "pixels": pixels.record()}
        columns = [{"name": f"x{number}", "kind": "number"} for number in range(self.form[0])]
        return {"shape": None, "columns": columns}

    def blocks(self, white: int) -> Iterator[np.ndarray]:
        """The examples, block by block."""
        for start in self._starts():
            rows = self.array[start : start + self.rows]
            yield self._images(rows, white) if len(self.form) == 3 else rows.astype(np.float32)

    @property
    def is_dark(self) -> bool:
        """Whether these are bytes that would be nearly black, and may have another white."""
        return self.bytes and len(self.form) == 3 and self.most * DARK <= 255

    def expect_white(self, white: int) -> None:
        """Raise `DataError` where it is the white of others, and would make these nearly black."""
        if not self.bytes and self.white < white and self.most * DARK <= white:
            raise DataError(
                f"{self.where}: expected pixels of one scale in training and test, found at most "
                f"{self.most:g} here, and {white} for white there; bring both to 0 to 255"
            )

    def _images(self, rows: np.ndarray, white: int) -> np.ndarray:
        if not self.bytes:
            rows = to_bytes(rows, white)
        if rows.ndim == 3:
            return np.ascontiguousarray(rows[:, np.newaxis])
        if self.last:
            rows = rows.transpose(0, 3, 1, 2)
        if rows.shape[1] == 4:  # on white
            opacity = rows[:, 3:].astype(np.uint16)
            rows = (rows[:, :3] * opacity + 255 * (255 - opacity) + 127) // 255
        return np.ascontiguousarray(rows, np.uint8)

    def lost(self) -> list[int]:
        """The columns of a table whose numbers are hardly told apart as float32."""
        if len(self.form) == 3 or self.array.dtype.itemsize < 4 or self.array.dtype == np.float32:
            return []
        blocks = [self.array[at : at + self.rows] for at in self._starts()]
        least = np.min([block.min(axis=0) for block in blocks], axis=0)
        most = np.max([block.max(axis=0) for block in blocks], axis=0)
        pairs = zip(least.tolist(), most.tolist(), strict=True)
        return [place for place, pair in enumerate(pairs) if loses_digits(*pair)]

    def expect_known_white(self, trained: Pixels | None) -> None:
        """Raise `DataError` where these are to be predicted, and nothing says what white is."""
        doubtful = self.is_dark or self.white == 16
        own = dtype_name(self.array.dtype)
        known = trained and (own == trained.dtype or trained.white == self.white != 255)
        if not doubtful or known:
            return
        advice = "bring them to 0 to 255"
        if trained is not None:
            advice = (
                f"the model was trained on {trained.dtype} with {trained.white:,} for white: where "
                f"that is theirs, give them as {trained.dtype}; else {advice}"
            )
        raise DataError(
            f"{self.where}: expected pixels with 255 for white, as arrays of bytes have them, "
            f"found none above {self.most:g}, nearly black; {advice}"
        )

    def _white(self, trained: Pixels | None) -> int:
        if self.bytes:
            self.most = float(max(self.array[at : at + self.rows].max() for at in self._starts()))
            return 255
        least, most, whole = 0.0, 0.0, True
        for start in self._starts():
            rows = self.array[start : start + self.rows]
            self._expect_finite(start, rows)
            least, most = min(least, float(rows.min())), max(most, float(rows.max()))
            whole = whole and (rows.dtype.kind != "f" or bool((rows == np.rint(rows)).all()))
        self.most = most
        if trained and least >= 0:
            known = trained.white_of(self.array.dtype, most, self.where)
            if known is not None:
                return known
        white = guess_white(most)
        dark = white is not None and (most * DARK <= white or white == 16)
        if least < 0 or white is None or (dark and most > 1 and (not whole or white > 255)):
            raise DataError(
                f"{self.where}: expected pixels from 0 to 1, 255 or 65,535, or whole ones to 16, "
                f"found {least:g} to {most:g}{'' if whole else ', with fractions'}; scale or clip "
                "them, or save the examples as a table (n, d)"
            )
        return white

    def _starts(self) -> range:
        return range(0, self.count, self.rows)

    def _expect_finite(self, start: int, rows: np.ndarray) -> None:
        good = np.isfinite(rows) if rows.dtype.kind == "f" else None
        if good is None:
            return
        if rows.dtype.itemsize > 4:
            good &= abs(np.where(good, rows, 0)) <= np.finfo(np.float32).max
        if not good.all():
            place = tuple(int(n) for n in np.argwhere(~good)[0])
            raise DataError(
                f"{self.where}: expected finite numbers of float32, found {rows[place]} at "
                f"{(start + place[0], *place[1:])} (counted from 0); {(~good).sum():,} such in "
                "these rows; replace them or leave the examples out"
            )
