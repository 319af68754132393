"""The embedded source: ten kinds of drawn shapes in CIFAR-10's binary layout.

The archive has the same bytes on every machine: all arithmetic is on integers (and square roots
of integers, which IEEE 754 defines to the last bit), all randomness is PCG64's raw output, and the
archive is not compressed, because two versions of zlib need not pack alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.context import QUIET, Context
from pipeline.store.files import File, Files
from stages.dataset.formats.layout import CLASSES_FILE, RECORD, SHAPE_CLASSES, TEST_FILE
from stages.dataset.formats.tar import END, header, padding
from stages.dataset.sources.disk import alone, publish, writing
from stages.dataset.sources.shapes import draw

FOLDER = "cifar-10-synthetic-bin"
BATCHES = 5  # of training images
BLOCK = 1000  # images drawn at once


def archive_name(size: int) -> str:
    """The file name of the archive with `size` training images."""
    return f"cifar-10-synthetic-{size}.tar"


def generate(folder: Path, size: int, context: Context = QUIET) -> Files:
    """Write the archive with `size` training and `size // 5` test images into `folder`.

    Replaces what is there under its name once the new one is complete, but for the same bytes:
    others may be reading them, and the folder may be one that cannot be written. Of several
    processes, one writes at a time. Raises `StorageError`.
    """
    target = folder / archive_name(size)
    part = target.with_name(target.name + ".part")
    if target.exists():
        drawn = _draw(target, size, lambda data: None, context)
        if drawn.check() is None:
            return drawn
    with (
        writing(folder, (size + size // 5) * RECORD),
        alone(target, "draws", context),
        open(part, "wb") as file,
    ):
        drawn = _draw(target, size, file.write, context)
        if drawn.check() is None:  # another process has just drawn it
            part.unlink()
        else:
            publish(file, part, target)
    return drawn


def _draw(target: Path, size: int, write: Callable[[bytes], Any], context: Context) -> Files:
    """What lies at `target` when all that is drawn has been written there."""
    digest, written = hashlib.sha256(), 0
    with context.progress("synthetic", size + size // 5, "images") as progress:
        for data, images in _pieces(size):
            write(data)
            digest.update(data)
            written += len(data)
            progress.advance(images)
    return Files((File(target.absolute(), written, digest.hexdigest()),))


def _pieces(size: int) -> Iterator[tuple[bytes, int]]:
    """The archive's bytes, piece by piece, each with the number of images that it completes."""
    text = "".join(f"{name}\n" for name in SHAPE_CLASSES).encode()
    yield header(f"{FOLDER}/{CLASSES_FILE}", len(text)) + text + padding(len(text)), 0
    cuts = [size * batch // BATCHES for batch in range(BATCHES + 1)]
    counts = {
        f"data_batch_{batch + 1}.bin": end - start
        for batch, (start, end) in enumerate(pairwise(cuts))
    }
    for batch, (name, count) in enumerate((counts | {TEST_FILE: size // 5}).items()):
        yield header(f"{FOLDER}/{name}", count * RECORD), 0
        for block, first in enumerate(range(0, count, BLOCK)):
            number = min(BLOCK, count - first)
            yield records(number, batch, block).tobytes(), number
        yield padding(count * RECORD), 0
    yield END, 0


def records(number: int, batch: int, block: int) -> np.ndarray:
    """Records uint8 (number, 3073) of one block of one batch; classes in equal parts."""
    # Three small words each time: no two blocks share a stream. By spawn_key, as all else that is
    # random, they would be other images than those that every archive so far has.
    source = np.random.PCG64(np.random.SeedSequence([2009, batch, block]))
    order = np.argsort(source.random_raw(number), kind="stable")
    labels = (order % len(SHAPE_CLASSES)).astype(np.uint8)
    found = np.empty((number, RECORD), np.uint8)
    found[:, 0] = labels
    found[:, 1:] = draw(labels, source).reshape(number, -1)
    return found
