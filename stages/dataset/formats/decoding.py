"""Decoding: image files to pixels, chunk by chunk in worker processes, but for those done before.

A few chunks are under way at a time, so memory is bounded.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from pipeline.errors import DataError, UserError
from pipeline.executors.cores import default_workers
from stages.dataset.formats import images
from stages.dataset.formats.packs import Packs

CHUNK = 64  # files of a task
CHUNK_BYTES = 1 << 22  # of its results
AHEAD = 3  # tasks a worker
FEW = 48  # files for which no processes are started
Item = tuple[int, str, str, Any]  # number, name, SHA-256 or "", path or bytes


def decode_all(
    items: Iterable[Item], total: int, side: int, packs: Packs
) -> Iterator[tuple[np.ndarray, np.ndarray, dict[int, DataError]]]:
    """(numbers, pixels, what is wrong with others by number) of chunks of files, in order."""
    size = max(min(CHUNK, CHUNK_BYTES // (3 * side * side)), 1)
    under_way: deque[tuple[list[Item], dict[int, np.ndarray], Any]] = deque()
    workers = 1 if total <= FEW else default_workers()

    def finish() -> tuple[np.ndarray, np.ndarray, dict[int, DataError]]:
        chunk, there, future = under_way.popleft()
        made, wrong = _result(future) if future is not None else ({}, {})
        packs.put([key for key, _ in made.values()], [image for _, image in made.values()])
        found = there | {number: image for number, (_, image) in made.items()}
        rows = [item[0] for item in chunk if item[0] in found]
        pixels = np.empty((len(rows), 3, side, side), np.uint8)
        for place, row in enumerate(rows):
            pixels[place] = found[row]
        return np.array(rows, np.int64), pixels, wrong

    with ExitStack() as stack:
        pool: Any = None
        for chunk in _chunks(items, size):
            there: dict[int, np.ndarray] = {}
            missing: list[Item] = []
            for item in chunk:
                image = packs.get(item[2]) if item[2] else None
                if image is None:
                    missing.append(item)
                else:
                    there[item[0]] = image
            future = None
            if missing:
                if pool is None:
                    name = "process" if workers > 1 else "serial"
                    pool = stack.enter_context(_pool(name, workers))
                future = pool.submit(decode_files, missing, side)
            under_way.append((chunk, there, future))
            if len(under_way) > AHEAD * workers:
                yield finish()
        while under_way:
            yield finish()


def _result(future: Any) -> Any:
    """What a worker made. Raises `UserError` where it was killed."""
    from concurrent.futures import BrokenExecutor  # here and not above: it is slow to import

    try:
        return future.result()
    except BrokenExecutor as error:
        raise UserError(
            "decode: expected the workers to go on, found one that was killed, perhaps for lack of "
            "memory; run the same command again to go on, or make large images smaller"
        ) from error


@contextmanager
def _pool(name: str, workers: int) -> Iterator[Any]:
    from pipeline.executors.pools import make_executor  # here and not above: slow to import

    pool = make_executor(name, workers)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def decode_files(
    items: list[Item], side: int
) -> tuple[dict[int, tuple[str, np.ndarray]], dict[int, DataError]]:
    """Runs in a worker: SHA-256 and pixels of each file by number; what is wrong with others."""
    made: dict[int, tuple[str, np.ndarray]] = {}
    wrong: dict[int, DataError] = {}
    with images.quiet():
        for number, _, sha256, place in items:
            try:
                data = place if isinstance(place, bytes) else _bytes(place)
                found = hashlib.sha256(data).hexdigest()
                if sha256 and found != sha256:
                    raise images.Transient("it has changed meanwhile: run the same command again")
                made[number] = found, images.decode_image(data, (3, side, side))
            except OSError as error:  # it could be read when it was listed
                wrong[number] = images.Transient(error.strerror or "it cannot be read")
            except DataError as error:
                wrong[number] = error
    return made, wrong


def _bytes(path: str) -> bytes:
    with open(path, "rb", 0) as file:
        size = os.fstat(file.fileno()).st_size  # what is asked for is allocated
        return file.read(min(size, images.FILE) + 1)


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size or (isinstance(item[3], bytes) and len(item[3]) > CHUNK_BYTES):
            yield chunk
            chunk = []
    if chunk:
        yield chunk
