"""The binary layout of CIFAR-100: a coarse label, a fine label and 3,072 pixels in each record.

`train.bin` and `test.bin` hold records, `fine_label_names.txt` and `coarse_label_names.txt` the
names of the hundred classes and of the twenty groups of them, one a line. (A. Krizhevsky,
https://www.cs.toronto.edu/~kriz/cifar.html)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np

from pipeline.context import Context
from pipeline.errors import DataError
from pipeline.store.files import Files
from stages.dataset.classes import check_names
from stages.dataset.formats.blobs import Blob, blobs
from stages.dataset.formats.layout import RECORDS, SHAPE, shown
from stages.dataset.spool import Block, Reading

FILES = {"train": "train.bin", "test": "test.bin"}
NAMES = {"coarse": "coarse_label_names.txt", "fine": "fine_label_names.txt"}
CLASSES = {"coarse": 20, "fine": 100}
COLUMN = {"coarse": 0, "fine": 1}
RECORD = 2 + 3 * 32 * 32
BLOCK = 1024  # records
TEXT = 1 << 14  # bytes of a file of names


def is_known(name: str) -> bool:
    """Whether a file of this name belongs to such a dataset."""
    return name in FILES.values() or name in NAMES.values()


def read(source: Files, options: Any, context: Context) -> Reading:
    """Yield images uint8 (k, 3, 32, 32) and labels uint8 (k,); return the record."""
    kind = "coarse" if options.coarse else "fine"
    total = sum(file.size for file in source.files)
    with ExitStack() as stack, context.progress("decode", total, "B") as progress:
        found = blobs(source, is_known, stack, progress.advance)
        counts = {}
        for part, name in FILES.items():
            if name not in found:
                names = ", ".join(map(shown, sorted(found)))
                raise DataError(
                    f"{source.files[0].path}: expected {name}, found {names}; use an archive or a "
                    "folder in CIFAR-100's binary layout"
                )
            counts[part] = _count(found[name])
        classes = [str(number) for number in range(CLASSES[kind])]
        if NAMES[kind] in found:
            classes = _classes(found[NAMES[kind]], CLASSES[kind])
        for part, name in FILES.items():
            yield from _records(found[name], counts[part], kind)
        return {"classes": classes, **counts, "shape": list(SHAPE)}


def _count(blob: Blob) -> int:
    count, rest = divmod(blob.size, RECORD)
    if rest or not 0 < count <= RECORDS:
        raise DataError(
            f"{blob.where}: expected a multiple of {RECORD:,} bytes (records of 2 labels and 3,072 "
            f"pixels), found {blob.size:,} bytes; the file is cut or not in CIFAR-100's binary "
            "layout"
        )
    return count


def _records(blob: Blob, count: int, kind: str) -> Iterator[Block]:
    stream = blob.stream()
    for first in range(0, count, BLOCK):
        records = np.empty((min(BLOCK, count - first), RECORD), np.uint8)
        if stream.read_into(records.data.cast("B")) < records.size:
            raise DataError(f"{blob.where}: expected {blob.size:,} bytes, found the end before")
        labels = records[:, COLUMN[kind]].copy()
        if labels.max() >= CLASSES[kind]:
            row = int(np.argmax(labels >= CLASSES[kind]))
            raise DataError(
                f"{blob.where}: expected {kind} labels from 0 to {CLASSES[kind] - 1}, found "
                f"{labels[row]} in record {first + row} (the first is 0); the file is damaged or "
                "not in CIFAR-100's binary layout"
            )
        yield {"images": records[:, 2:].reshape(-1, *SHAPE), "labels": labels}


def _classes(blob: Blob, count: int) -> list[str]:
    text = blob.read(TEXT).decode("utf-8", "replace")
    names = [line.strip() for line in text.splitlines() if line.strip()]
    if len(names) != count or len(set(names)) != count:
        raise DataError(
            f"{blob.where}: expected {count} different names, one a line, found {len(names)}; "
            "correct the file or remove it"
        )
    return check_names(names, blob.where)
