"""The binary layout of CIFAR-10: which files belong to a dataset, in which order, of which sizes.

`data_batch_*.bin` hold training records, `test_batch.bin` test records, `batches.meta.txt` the
names of the classes, one a line. A record is a label byte and 32 × 32 pixels in three planes, red,
green and blue, row by row. (A. Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.errors import DataError

SHAPE = (3, 32, 32)  # of an image: planes, rows, columns
RECORD = 1 + 3 * 32 * 32
CLASSES = 10
RECORDS = 10_000_000  # the most that is accepted, in all files together
CLASSES_FILE = "batches.meta.txt"
TEST_FILE = "test_batch.bin"
TRAIN_FILE = re.compile(r"data_batch_(\w{1,40})\.bin", re.ASCII)
STANDARD_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
SHAPE_CLASSES = (  # of the synthetic source
    *("disk", "ring", "square", "frame", "triangle"),
    *("cross", "bar", "bars", "crescent", "hourglass"),
)


def shape_of(dataset: Mapping[str, Any]) -> tuple[int, int, int] | None:
    """The shape of a dataset's images: this layout's, unless its record has another as "shape".

    None for a table, whose record says so.
    """
    shape = dataset.get("shape", SHAPE)
    return None if shape is None else tuple(shape)


def is_known(name: str) -> bool:
    """Whether a file of this name belongs to a dataset."""
    return name in (CLASSES_FILE, TEST_FILE) or bool(TRAIN_FILE.fullmatch(name))


def rank(name: str) -> tuple[Any, ...]:
    """What sorts known files: classes, batches 1, 2, 3 …, other batches by name, test."""
    if name in (CLASSES_FILE, TEST_FILE):
        return (0,) if name == CLASSES_FILE else (3,)
    match = TRAIN_FILE.fullmatch(name)
    assert match is not None, name
    own = match[1]
    if own.isdigit() and own[0] != "0":
        return (1, int(own))
    parts = re.split(r"(\d+)", own)
    return (2, tuple((0, int(part), part) if part.isdigit() else (1, 0, part) for part in parts))


def expect_both(names: Iterable[str], where: object) -> None:
    """Raise `DataError` unless there is a file for training and one for test among `names`."""
    names = list(names)
    has_train = any(TRAIN_FILE.fullmatch(name) for name in names)
    if has_train and TEST_FILE in names:
        return
    wanted = TEST_FILE if has_train else f"data_batch_1.bin … and {TEST_FILE}"
    hint = "use an archive or a folder in CIFAR-10's binary layout"
    if not any(map(is_known, names)):  # another kind may have been meant
        hint += ", of images in a folder for each class, or of arrays or a table"
    if "data_batch_1" in names or {"train", "meta"} <= set(names):
        version = "10" if "data_batch_1" in names else "100"
        hint = (
            f"this is CIFAR-{version}'s Python version, whose pickles may run code; use the binary "
            f"version: --source cifar{version}"
        )
    found = ", ".join(shown(name) for name in names[:8]) or "nothing"
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    raise DataError(f"{where}: expected {wanted}, found {found}{more}; {hint}")


def expect_records(where: str, size: int, before: int) -> int:
    """The number of records in `size` bytes, after `before` records in other files.

    Raises `DataError` where that is no whole number above 0, or too many.
    """
    if not size or size % RECORD:
        found = f"{size:,} bytes" if size else "an empty file"
        raise DataError(
            f"{where}: expected a multiple of {RECORD:,} bytes (records of 1 label and 3,072 "
            f"pixels), found {found}; the file is cut or not in CIFAR-10's binary layout"
        )
    if before + size // RECORD > RECORDS:
        raise DataError(
            f"{where}: expected at most {RECORDS:,} records, found {before + size // RECORD:,}; "
            "use a smaller dataset"
        )
    return size // RECORD


def class_names(text: bytes, where: str) -> list[str]:
    """The names of the classes, in the order of the labels. Raises `DataError`."""
    names = [
        line.strip() for line in text.decode("utf-8-sig", "replace").split("\n") if line.strip()
    ]
    good = all(name.isprintable() and len(name) <= 50 and "\ufffd" not in name for name in names)
    if not good or len(names) != CLASSES or len(set(names)) != CLASSES:
        found = f"{len(names)}: {shown(', '.join(names))}"
        raise DataError(
            f"{where}: expected {CLASSES} different class names of at most 50 characters, "
            f"one a line, found {found}; correct the file or remove it"
        )
    return names


def shown(name: str) -> str:
    """A name from outside, safe to print on one line."""
    plain = name if name.isprintable() and name else ascii(name)
    return plain if len(plain) <= 100 else plain[:99] + "…"
