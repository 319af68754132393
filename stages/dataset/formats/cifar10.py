"""The binary layout of CIFAR-10, read: a label and 3,072 pixels in each record (layout.py)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.context import Context
from pipeline.errors import DataError
from pipeline.store.files import Files
from stages.dataset.formats.layout import (
    CLASSES,
    CLASSES_FILE,
    RECORD,
    SHAPE,
    STANDARD_CLASSES,
    TEST_FILE,
    class_names,
)
from stages.dataset.formats.members import DataFile, data_files
from stages.dataset.spool import Reading

BLOCK = 1024  # records, 3 MB
CLASSES_FILE_SIZE = 4096  # bytes


def read(archive: Files, options: Any, context: Context) -> Reading:
    """Yield images uint8 (k, 3, 32, 32) and labels uint8 (k,); return the record."""
    classes, counts = list(STANDARD_CLASSES), {"train": 0, "test": 0}
    total = sum(file.size for file in archive.files)
    with context.progress("decode", total, "B") as progress:
        for file in data_files(archive, progress.advance):
            if file.name == CLASSES_FILE:
                classes = _classes(file)
                continue
            for block in _records(file):
                yield block
                counts["test" if file.name == TEST_FILE else "train"] += len(block["labels"])
    return {"classes": classes, **counts}


def _records(file: DataFile) -> Iterator[dict[str, np.ndarray]]:
    count = file.size // RECORD
    for first in range(0, count, BLOCK):
        records = np.empty((min(BLOCK, count - first), RECORD), np.uint8)
        file.read_into(records.data.cast("B"))
        labels = records[:, 0].copy()
        if labels.max() >= CLASSES:
            index = int(np.argmax(labels >= CLASSES))
            raise DataError(
                f"{file.where}: expected labels from 0 to {CLASSES - 1}, found {labels[index]} in "
                f"record {first + index} (the first is 0); the file is damaged or not in "
                "CIFAR-10's binary layout"
            )
        yield {"images": records[:, 1:].reshape(-1, *SHAPE), "labels": labels}


def _classes(file: DataFile) -> list[str]:
    if file.size > CLASSES_FILE_SIZE:
        raise DataError(
            f"{file.where}: expected at most {CLASSES_FILE_SIZE:,} bytes of class names, "
            f"found {file.size:,}; correct the file or remove it"
        )
    text: Any = bytearray(file.size)
    file.read_into(memoryview(text))
    return class_names(bytes(text), file.where)
