"""Arrays: a dataset as NumPy saves it, `.npz` or `.npy` files.

    X  (n, d)                        a table of numbers
       (n, h, w)                     gray images
       (n, c, h, w) or (n, h, w, c)  images of 1, 3 or 4 channels (gray, RGB, RGB and opacity)
    y  (n,) or (n, 1)                whole numbers or texts

Training and test may come as two pairs (`x_train`, `y_train`, `x_test`, `y_test`, as Keras has
them); else a fifth of each class is held out. Pixels of other types than bytes are scaled: white
is the first of 1, 16, 255, 65,535 that no pixel exceeds. Files are read memory-mapped, never
unpickled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np

from pipeline.context import Context
from pipeline.errors import ConfigError, DataError
from pipeline.store.files import Files
from stages.dataset.aside import Block, train_first
from stages.dataset.classes import number_labels
from stages.dataset.formats.blobs import Blob, blobs
from stages.dataset.formats.layout import RECORDS, shown
from stages.dataset.holdout import held_out

BYTES = 1 << 36  # of an array
BLOCK = 1 << 22  # bytes of pixels or features at once
SIDE = 4096  # pixels
WHITES = (1, 16, 255, 65_535)
EXAMPLES = ("x", "images", "features", "data")
LABELS = ("y", "labels", "targets", "target", "label")


def is_known(name: str) -> bool:
    """Whether a file of this name is an array."""
    return name.lower().endswith(".npy")


def read(source: Files, options: Any, context: Context) -> Iterator[Block]:
    """Yield images (uint8) or features (float32) and labels; return the record."""
    where = source.files[0].path
    total = sum(file.size for file in source.files)
    with ExitStack() as stack, context.progress("decode", total, "B") as progress:
        found = {
            name[:-4]: _mapped(blob, stack)
            for name, blob in blobs(source, is_known, stack, progress.advance).items()
        }
        pairs = _pairs(found, options.label, where)
        examples = [_Examples(found[x], f"{where}: {shown(x)}") for x, _ in pairs]
        labels = [np.asarray(found[y]) for _, y in pairs]
        for (x, y), own, numbers in zip(pairs, examples, labels, strict=True):
            if numbers.ndim == 0 or len(numbers) != own.count:
                raise DataError(
                    f"{where}: expected a label in {shown(y)} for each of the {own.count:,} "
                    f"examples in {shown(x)}, found {numbers.shape}"
                )
            if own.form != examples[0].form:
                raise DataError(
                    f"{own.where}: expected examples as in training, {examples[0].form}, found "
                    f"{own.form}"
                )
        every = np.concatenate([_column(numbers) for numbers in labels])
        train = np.arange(len(every)) < examples[0].count
        name = f"{where}: {shown(pairs[0][1])}"
        if len(pairs) == 1:
            names, numbers = number_labels(every, np.ones(len(every), bool), name)
            test = held_out(numbers, name)
        else:
            names, numbers = number_labels(every, train, name)
            test = ~train
        yield from train_first(_blocks(examples, numbers, test))
        return {
            "classes": names,
            "train": int(len(test) - test.sum()),
            "test": int(test.sum()),
            **examples[0].record(),
        }


def _blocks(
    examples: list[_Examples], numbers: np.ndarray, test: np.ndarray
) -> Iterator[tuple[np.ndarray, Block]]:
    start = 0
    white = max(own.white for own in examples)
    for own in examples:
        for rows in own.blocks(white):
            part = slice(start, start + len(rows))
            yield test[part], {"images": rows, "labels": numbers[part]}
            start += len(rows)


def _column(labels: np.ndarray) -> np.ndarray:
    """Labels (n, 1) as (n,); any others as they are, to be refused."""
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels


def _pairs(found: Mapping[str, Any], label: str, where: object) -> list[tuple[str, str]]:
    """The names of (examples, labels): of one pair, or of training and test."""
    if label:
        label = label.rsplit("/", 1)[-1].removesuffix(".npy")
        others = [name for name in found if name != label]
        if label not in found or len(others) != 1:
            raise ConfigError(
                f"--label {shown(label)}: expected the name of one of two arrays, found "
                f"{', '.join(map(shown, sorted(found)))} in {where}"
            )
        return [(others[0], label)]
    by_name = {name.lower(): name for name in found}
    for x in EXAMPLES:
        for y in LABELS:
            for order in ("{0}_{1}", "{1}_{0}", "{0}{1}"):
                names = [
                    tuple(by_name.get(order.format(what, part), "") for what in (x, y))
                    for part in ("train", "test")
                ]
                if all(map(all, names)):
                    return names
            if x in by_name and y in by_name:
                return [(by_name[x], by_name[y])]
    raise DataError(
        f"{where}: expected arrays X and y, or x_train, y_train, x_test and y_test, found "
        f"{', '.join(map(shown, sorted(found)[:8])) or 'none'}; rename them, or name that of the "
        "labels with --label"
    )


def _mapped(blob: Blob, stack: ExitStack) -> np.ndarray:
    """The array in a .npy file, memory-mapped. Raises `DataError` on anything else."""
    file = stack.enter_context(blob.open())
    try:
        version = np.lib.format.read_magic(file)
        reader = {(1, 0): "read_array_header_1_0", (2, 0): "read_array_header_2_0"}[version]
        shape, fortran, dtype = getattr(np.lib.format, reader)(file)
    except (ValueError, KeyError, EOFError, SyntaxError, TypeError, RecursionError) as error:
        raise DataError(f"{blob.where}: expected a .npy file, found none ({error})") from error
    if dtype.hasobject:
        raise DataError(
            f"{blob.where}: expected numbers or texts, found Python objects, which are pickled and "
            "may run code; save the array with another dtype"
        )
    if dtype.kind not in "biufUS" or not dtype.itemsize:
        raise DataError(f"{blob.where}: expected numbers or texts, found {dtype}")
    start = file.tell()
    size = math.prod(shape) * dtype.itemsize
    if min(shape, default=1) < 0 or size != blob.size - start or size > BYTES:
        raise DataError(
            f"{blob.where}: expected {size:,} bytes for {dtype} {shape}, as its header says, found "
            f"{blob.size - start:,}; get the file again"
        )
    raw, offset = file.raw.place(start)
    if not size:
        return np.empty(shape, dtype)
    return np.memmap(raw, dtype, "r", offset, shape, "F" if fortran else "C")


class _Examples:
    """The examples in an array: as uint8 images (n, c, h, w), or as float32 features (n, d)."""

    def __init__(self, array: np.ndarray, where: str) -> None:
        self.array, self.where, self.count = array, where, len(array) if array.ndim else 0
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
                self.last = shape[0] == 4  # rather gray or RGB than with opacity
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
        self.white = self._white() if channels else 1
        if not channels:
            for start in range(0, self.count, self.rows):
                self._expect_finite(start, array[start : start + self.rows])

    def record(self) -> dict[str, Any]:
        """What the record of the dataset says of the examples."""
        if len(self.form) == 3:
            return {"shape": self.form}
        columns = [{"name": f"x{number}", "kind": "number"} for number in range(self.form[0])]
        return {"shape": None, "columns": columns}

    def blocks(self, white: int) -> Iterator[np.ndarray]:
        """The examples, block by block."""
        for start in range(0, self.count, self.rows):
            rows = self.array[start : start + self.rows]
            yield self._images(rows, white) if len(self.form) == 3 else rows.astype(np.float32)

    def _images(self, rows: np.ndarray, white: int) -> np.ndarray:
        if rows.dtype != np.uint8:
            rows = np.rint(rows.astype(np.float64) * (255 / white)).astype(np.uint8)
        if rows.ndim == 3:
            return np.ascontiguousarray(rows[:, np.newaxis])
        if self.last:
            rows = rows.transpose(0, 3, 1, 2)
        if rows.shape[1] == 4:  # on white
            opacity = rows[:, 3:].astype(np.uint16)
            rows = (rows[:, :3] * opacity + 255 * (255 - opacity) + 127) // 255
        return np.ascontiguousarray(rows, np.uint8)

    def _white(self) -> int:
        if self.array.dtype == np.uint8:
            return 255
        least, most = 0.0, 0.0
        for start in range(0, self.count, self.rows):
            rows = self.array[start : start + self.rows]
            self._expect_finite(start, rows)
            least, most = min(least, float(rows.min())), max(most, float(rows.max()))
        white = next((white for white in WHITES if most <= white), None)
        if least < 0 or white is None:
            raise DataError(
                f"{self.where}: expected pixels from 0 to 1, 16, 255 or 65,535, found {least:g} to "
                f"{most:g}; scale them, or save the examples as a table (n, d)"
            )
        return white

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
