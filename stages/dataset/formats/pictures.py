"""Pictures: thousands of image files to arrays, on all cores, again only what changed.

    files ─▶ chunks ─▶ worker processes: read, verify the digest, decode, resize ─▶ blocks in order
                 ╰──▶ what was decoded before (packs.py) ──────────────────────────╯

A few chunks are under way at a time, so memory is bounded. Files that cannot be read are listed
together, in one refusal; with --skip-bad they are left out.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.context import Context
from pipeline.errors import DataError, UserError
from pipeline.executors.cores import default_workers
from pipeline.executors.pools import make_executor
from pipeline.store.files import Files
from stages.dataset.aside import Block, train_first
from stages.dataset.formats import images, zips
from stages.dataset.formats.blobs import archive_members, last_part, read_member
from stages.dataset.formats.layout import shown
from stages.dataset.formats.listing import LISTING, arrange, is_picture, read_listing
from stages.dataset.formats.packs import Packs

SIDE = 32  # pixels, unless --size says otherwise
CHUNK = 64  # files of a task
CHUNK_BYTES = 1 << 22  # of its results
AHEAD = 3  # tasks a worker
FEW = 48  # files for which no processes are started
MEMBERS = 1_000_000  # of an archive
Item = tuple[int, str, str, Any]  # number, name, SHA-256 or "", path or bytes


def read(source: Files, options: Any, context: Context) -> Iterator[Block]:
    """Yield images uint8 (k, 3, size, size) and labels; return the record."""
    path = source.files[0].path
    side = options.size or SIDE
    listed = path.name == LISTING
    if listed:
        where, entries = read_listing(path)
        names = [entry.name for entry in entries]
        items: Iterable[Item] = (
            (number, e.name, e.sha256, str(where / e.name)) for number, e in enumerate(entries)
        )
    else:
        where, names = path, _names(path)
        items = _members(path, {name: number for number, name in enumerate(names)})
    stripped = names if listed else _strip(names)
    classes, numbers, test = arrange(stripped, where)
    packs = Packs(Path(options.data_dir) / "decoded" / _version(side), (3, side, side))
    bad: dict[int, str] = {}
    count = 0

    def blocks() -> Iterator[tuple[np.ndarray, Block]]:
        nonlocal count
        with context.progress("decode", len(names), "images") as progress:
            for rows, pixels, wrong in _decoded(items, len(names), side, packs):
                bad.update(wrong)
                progress.advance(len(rows) + len(wrong))
                if len(rows):
                    count += int((~test[rows]).sum())
                    yield test[rows], {"images": pixels, "labels": numbers[rows]}

    if listed:  # whose training images may come first from the start
        order = np.argsort(test, kind="stable")
        listing, items = list(items), ()
        items = (listing[row] for row in order)
    yield from train_first(blocks())
    packs.flush()
    if bad:
        _report(bad, names, where, options.skip_bad, context)
        kept = np.ones(len(names), bool)
        kept[list(bad)] = False
        left = np.bincount(numbers[kept & ~test], minlength=len(classes))
        if not left.all() or not (kept & test).any():
            raise DataError(
                f"{where}: expected images that can be read to train each class, and some to test, "
                f"found none of {shown(classes[int(left.argmin())]) if not left.all() else 'these'}"
            )
    record: dict[str, Any] = {
        "classes": classes,
        "train": count,
        "test": len(names) - len(bad) - count,
        "shape": [3, side, side],
    }
    if bad:
        record["skipped"] = sorted(names[number] for number in bad)[:1000]
    return record


def _report(
    bad: dict[int, str], names: list[str], where: object, skip: bool, context: Context
) -> None:
    shown_ones = [f"{shown(names[number])} ({bad[number]})" for number in sorted(bad)[:10]]
    more = f" and {len(bad) - 10:,} more" if len(bad) > 10 else ""
    words = f"{len(bad):,} of {len(names):,} files: {', '.join(shown_ones)}{more}"
    if not skip:
        raise DataError(
            f"{where}: expected images that can be read, found none in {words}; remove them, or "
            "leave them out with --skip-bad"
        )
    context.warn(f"{where}: left out because they cannot be read, {words}")


def _version(side: int) -> str:
    """What decoded images depend on beside their files: size, Pillow, and the code here."""
    code = hashlib.sha256(Path(images.__file__).read_bytes()).hexdigest()[:8]
    return f"{side}x{side}-{images.pillow_version()}-{code}"


def _decoded(
    items: Iterable[Item], total: int, side: int, packs: Packs
) -> Iterator[tuple[np.ndarray, np.ndarray, dict[int, str]]]:
    """(numbers, pixels, what is wrong with others by number) of chunks of files, in order."""
    size = max(min(CHUNK, CHUNK_BYTES // (3 * side * side)), 1)
    under_way: deque[tuple[list[Item], dict[int, np.ndarray], Any]] = deque()
    workers = 1 if total <= FEW else default_workers()

    def finish() -> tuple[np.ndarray, np.ndarray, dict[int, str]]:
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
        pool = None
        for chunk in _chunks(items, size):
            there, missing = {}, []
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
    pool = make_executor(name, workers)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def decode_files(
    items: list[Item], side: int
) -> tuple[dict[int, tuple[str, np.ndarray]], dict[int, str]]:
    """Runs in a worker: SHA-256 and pixels of each file by number; what is wrong with others."""
    made, wrong = {}, {}
    for number, _, sha256, place in items:
        try:
            data = place if isinstance(place, bytes) else _bytes(place)
            found = hashlib.sha256(data).hexdigest()
            if sha256 and found != sha256:
                raise DataError("it has changed meanwhile: run the same command again")
            made[number] = found, images.decode_image(data, (3, side, side))
        except OSError as error:
            wrong[number] = error.strerror or "it cannot be read"
        except DataError as error:
            wrong[number] = str(error)
    return made, wrong


def _bytes(path: str) -> bytes:
    with open(path, "rb", 0) as file:
        return file.read(images.FILE + 1)


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size or (isinstance(item[3], bytes) and len(item[3]) > CHUNK_BYTES):
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _names(path: Path) -> list[str]:
    """The names of the image files in an archive, in its order."""
    if zips.is_zip(path):
        names = zips.names(path, MEMBERS)
    else:
        names = [m.name for m in archive_members(path, limit=MEMBERS) if m.is_file]
    names = [name for name in names if _wanted(name)]
    if len(set(names)) < len(names):
        raise DataError(f"{path}: expected each name once in the archive, found one twice")
    for name in names:
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/"):
            raise DataError(
                f"{path}: expected names inside the archive, found {shown(name)}; use another"
            )
    return names


def _wanted(name: str) -> bool:
    return is_picture(last_part(name)) and not name.endswith("/") and "__MACOSX" not in name


def _members(path: Path, number: dict[str, int]) -> Iterator[Item]:
    for member in archive_members(path, limit=MEMBERS):
        if member.is_file and member.name in number:
            data = read_member(member, images.FILE)
            sha256 = hashlib.sha256(data).hexdigest()
            yield number[member.name], member.name, sha256, data


def _strip(names: list[str]) -> list[str]:
    """Names without the folder that all of them are in, as archives mostly have one."""
    parts = [name.replace("\\", "/").removeprefix("./").split("/") for name in names]
    while parts and all(len(p) > 2 and p[0] == parts[0][0] for p in parts):
        if parts[0][0].lower() in ("train", "test"):
            break
        parts = [p[1:] for p in parts]
    return ["/".join(p) for p in parts]
