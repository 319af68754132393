"""Small datasets of every other kind, good and bad, for the tests."""

from __future__ import annotations

import gzip
import io
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

RNG = partial(np.random.default_rng, 0)


def collected(blocks: Iterator[Any]) -> list[Any]:
    """What a generator yields, and at the end what it returns."""
    found = []
    while True:
        try:
            found.append(next(blocks))
        except StopIteration as end:
            return [*found, end.value]


def decoded(source: Any, **options: Any) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """All images, all labels and the record of a source."""
    from stages.dataset.options import ReadingOptions
    from stages.decode import decode

    *blocks, end = collected(decode(source, reading=ReadingOptions(**options)))
    images, labels = (
        np.concatenate([block[key] for block in blocks]) for key in ("images", "labels")
    )
    return images, labels, end["dataset"]


def idx(array: np.ndarray) -> bytes:
    """An IDX file of unsigned bytes."""
    dimensions = np.array(array.shape, ">u4").tobytes()
    return b"\0\0\x08" + bytes([array.ndim]) + dimensions + array.astype(np.uint8).tobytes()


def idx_files(train: int = 20, test: int = 10, pack: bool = True) -> dict[str, bytes]:
    """The four files of a dataset of 5 × 4 images whose class is their brightness."""
    found = {}
    for part, count in (("train", train), ("t10k", test)):
        labels = np.arange(count) % 4
        images = RNG().integers(0, 40, (count, 5, 4)) + 60 * labels[:, None, None]
        found[f"{part}-images-idx3-ubyte"] = idx(images)
        found[f"{part}-labels-idx1-ubyte"] = idx(labels)
    if pack:
        found = {f"{name}.gz": gzip.compress(data, 1, mtime=0) for name, data in found.items()}
    return found


def cifar100_files(count: int = 6) -> dict[str, bytes]:
    """The files of the binary layout of CIFAR-100."""
    records = RNG().integers(0, 256, (count, 3074), np.uint8)
    records[:, 0], records[:, 1] = np.arange(count) % 20, np.arange(count) % 100
    return {
        "fine_label_names.txt": "".join(f"fine {n}\n" for n in range(100)).encode(),
        "coarse_label_names.txt": "".join(f"coarse {n}\n" for n in range(20)).encode(),
        "train.bin": records.tobytes(),
        "test.bin": _with_labels(255 - records, records),
    }


def _with_labels(records: np.ndarray, labels: np.ndarray) -> bytes:
    records[:, :2] = labels[:, :2]
    return records.tobytes()


def npy(array: np.ndarray, **options: Any) -> bytes:
    """A .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    """A compressed .npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def picture(level: int, size: tuple[int, int] = (9, 7), form: str = "PNG") -> bytes:
    """An image file of one color with some noise."""
    from PIL import Image

    noise = np.random.default_rng(level).integers(0, 20, (*size, 3))
    buffer = io.BytesIO()
    Image.fromarray((level + noise).astype(np.uint8)).save(buffer, form)
    return buffer.getvalue()


def pictures(classes: tuple[str, ...] = ("cat", "dog"), count: int = 10) -> dict[str, bytes]:
    """Image files by class; a class is a brightness."""
    forms = ("PNG", "JPEG", "WEBP")
    return {
        f"{name}/{number}.{forms[number % 3].lower()}": picture(
            20 + 150 * index // len(classes) + number, form=forms[number % 3]
        )
        for index, name in enumerate(classes)
        for number in range(count)
    }


def write_all(folder: Path, members: Mapping[str, bytes]) -> Path:
    """Write files below a folder, and give it back."""
    for name, data in members.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving_files(members: Mapping[str, bytes]) -> Iterator[str]:
    """A server of these files on 127.0.0.1: its URL, up to their names."""
    with tempfile.TemporaryDirectory() as place:
        write_all(Path(place), members)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=place))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
