"""IDX: the files of MNIST and of its relatives (http://yann.lecun.com/exdb/mnist/).

Two bytes 0, one that names the type (8: unsigned bytes), one with the number of dimensions, each
dimension as 4 bytes, the most significant first; then the numbers, row by row. Four files make a
dataset: images and labels, to train and to test; each may be packed by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np

from pipeline.context import Context
from pipeline.errors import DataError
from pipeline.store.files import Files
from stages.dataset.classes import number_labels
from stages.dataset.formats.blobs import Blob, blobs
from stages.dataset.formats.inflate import ByteStream
from stages.dataset.formats.known import IDX
from stages.dataset.formats.layout import RECORDS, shown
from stages.dataset.sources.origin import ORIGINS, name_of
from stages.dataset.spool import Reading

BLOCK = 1 << 22  # bytes of images at once
SIDE = 4096  # pixels
_NAME = re.compile(r"(?:.{0,60}-)?(train|t10k|test)-(images|labels)[-.]idx([13])-ubyte(\.gz)?")


def is_known(name: str) -> bool:
    """Whether a file of this name belongs to such a dataset."""
    return _part(name) is not None


def _part(name: str) -> tuple[str, str] | None:
    match = _NAME.fullmatch(name)
    if match is None or match[3] != {"images": "3", "labels": "1"}[match[2]]:
        return None
    return "train" if match[1] == "train" else "test", match[2]


def read(source: Files, options: Any, context: Context) -> Reading:
    """Yield images uint8 (k, 1, height, width) and labels; return the record."""
    total = sum(file.size for file in source.files)
    with ExitStack() as stack, context.progress("decode", total, "B") as progress:
        found = blobs(source, is_known, stack, progress.advance)
        parts: dict[tuple[str, str], Blob] = {}
        for name, blob in found.items():
            part = _part(name)
            if part is not None and (other := parts.setdefault(part, blob)) is not blob:
                raise DataError(f"{blob.where}: expected one such file, found {other.name}, too")
        for split in ("train", "test"):
            for what, number in (("images", 3), ("labels", 1)):
                if (split, what) not in parts:
                    wanted = f"{'train' if split == 'train' else 't10k'}-{what}-idx{number}-ubyte"
                    here = ", ".join(shown(name) for name in sorted(found)[:8])
                    raise DataError(
                        f"{source.files[0].path}: expected {wanted} or {wanted}.gz, found {here}; "
                        "bring the four files of such a dataset"
                    )
        labels, shapes = [], []
        for split in ("train", "test"):
            shape = _open(parts[split, "images"], 3)[1]
            own, count = _open(parts[split, "labels"], 1)
            where = parts[split, "labels"].where
            if count[0] != shape[0]:
                raise DataError(f"{where}: expected {shape[0]:,} labels, found {count[0]:,}")
            numbers = np.empty(count, np.uint8)
            _fill(own, numbers.data, where)
            _expect_end(own, where)
            labels.append(numbers)
            shapes.append(shape)
        if shapes[0][1:] != shapes[1][1:]:
            raise DataError(
                f"{parts['test', 'images'].where}: expected images of {_by(shapes[0])} pixels, as "
                f"in training, found {_by(shapes[1])}"
            )
        train = np.arange(sum(map(len, labels))) < len(labels[0])
        names, numbers = number_labels(
            np.concatenate(labels), train, parts["train", "labels"].where
        )
        start = 0
        for split in ("train", "test"):
            for images in _images(parts[split, "images"]):
                yield {"images": images, "labels": numbers[start : start + len(images)]}
                start += len(images)
        known = name_of(file.sha256 for file in source.files)
        return {
            "classes": list(ORIGINS[known].classes if known else ()) or names,
            "train": shapes[0][0],
            "test": shapes[1][0],
            "shape": [1, *shapes[0][1:]],
        }


def _images(blob: Blob) -> Iterator[np.ndarray]:
    stream, (count, height, width) = _open(blob, 3)
    rows = max(BLOCK // (height * width), 1)
    for first in range(0, count, rows):
        block = np.empty((min(rows, count - first), 1, height, width), np.uint8)
        _fill(stream, block.reshape(-1).data, blob.where)
        yield block
    _expect_end(stream, blob.where)


def _open(blob: Blob, dimensions: int) -> tuple[ByteStream, tuple[int, ...]]:
    """A file's bytes behind its header, and its dimensions."""
    stream = blob.stream(unpack=True)
    head = stream.read(4)
    if head != IDX + bytes([dimensions]):
        raise DataError(
            f"{blob.where}: expected an IDX file of bytes in {dimensions} dimension"
            f"{'s' * (dimensions > 1)}, which begins with 0000 080{dimensions}, found "
            f"{head.hex(' ', 2) or 'an empty file'}; get it again"
        )
    data = bytearray(4 * dimensions)
    _fill(stream, memoryview(data), blob.where)
    shape = tuple(int(n) for n in np.frombuffer(data, ">u4"))
    if not 0 < shape[0] <= RECORDS or not all(0 < side <= SIDE for side in shape[1:]):
        raise DataError(
            f"{blob.where}: expected 1 to {RECORDS:,} examples of at most {SIDE:,} pixels a side, "
            f"found dimensions {' × '.join(map(str, shape))}; the file is damaged"
        )
    return stream, shape


def _fill(stream: ByteStream, target: memoryview, where: str) -> None:
    if (found := stream.read_into(target.cast("B"))) < len(target.cast("B")):
        raise DataError(
            f"{where}: expected {len(target.cast('B')) - found:,} more bytes, as its header says, "
            "found the end; the file is cut: get it again"
        )


def _expect_end(stream: ByteStream, where: str) -> None:
    if stream.read(1):
        raise DataError(
            f"{where}: expected the end where its header says, found more bytes; get it again"
        )


def _by(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} × {shape[2]}"
