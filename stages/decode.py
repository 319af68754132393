"""Decode: from the files of a dataset to arrays of images and labels.

Training records come first, batch by batch, test records last. The dataset's name follows from
its content, never from where it lies:

    cifar10                the official archive, by its SHA-256
    synthetic              ten classes named as the drawn shapes are
    cifar10-like-xxxxxxxx  any other with CIFAR-10's class names, or without any
    custom-xxxxxxxx        any other

where x… are the first digits of the SHA-256 of its files' contents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.context import QUIET, Context
from pipeline.errors import DataError
from pipeline.stage import stage
from pipeline.store.files import Files
from stages.dataset.formats.layout import (
    CLASSES,
    CLASSES_FILE,
    RECORD,
    SHAPE,
    SHAPE_CLASSES,
    STANDARD_CLASSES,
    TEST_FILE,
    class_names,
)
from stages.dataset.formats.members import DataFile, data_files
from stages.dataset.sources.origin import OFFICIAL_SHA256

BLOCK = 1024  # records, 3 MB: see pipeline/blocks.py
CLASSES_FILE_SIZE = 4096  # bytes


@stage(outputs=("images", "labels", "dataset"))
def decode(archive: Files, *, context: Context = QUIET) -> Iterator[dict[str, np.ndarray]]:
    """Read the images and labels out of the archive.

    Yields images uint8 (k, 3, 32, 32) and labels uint8 (k,); returns the dataset's record: name,
    classes, numbers of training and test images. Raises `DataError` where a file is not as it
    should be.
    """
    classes, counts = list(STANDARD_CLASSES), {"train": 0, "test": 0}
    total = sum(file.size for file in archive.files)
    context.check_free_space(total)  # or more: an archive may be compressed
    with context.progress("decode", total, "B") as progress:
        for file in data_files(archive, progress.advance):
            if file.name == CLASSES_FILE:
                classes = _classes(file)
                continue
            for block in _records(file):
                yield block
                counts["test" if file.name == TEST_FILE else "train"] += len(block["labels"])
    return {"dataset": {"name": dataset_name(archive, classes), "classes": classes, **counts}}


def dataset_name(archive: Files, classes: list[str]) -> str:
    """What a dataset is called, by its content (see the module's docstring)."""
    contents = [file.sha256 for file in archive.files]
    if contents == [OFFICIAL_SHA256]:
        return "cifar10"
    if tuple(classes) == SHAPE_CLASSES:
        return "synthetic"
    kind = "cifar10-like" if tuple(classes) == STANDARD_CLASSES else "custom"
    if len(contents) > 1:
        contents = [hashlib.sha256("".join(contents).encode()).hexdigest()]
    return f"{kind}-{contents[0][:8]}"


def _records(file: DataFile) -> Iterator[dict[str, np.ndarray]]:
    count = file.size // RECORD
    for first in range(0, count, BLOCK):
        records = np.empty((min(BLOCK, count - first), RECORD), np.uint8)
        file.read_into(memoryview(records).cast("B"))
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
