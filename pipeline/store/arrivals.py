"""Arrivals: objects of a remote that are fetched, until the result that they belong to is complete.

They lie in a folder of the store by their SHA-256, whole or not at all: a pull that was broken off
goes on with them.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact
from pipeline.store.adoption import inside
from pipeline.store.durable import make_folder
from pipeline.store.manifest import MANIFEST
from pipeline.store.reach import RemoteError
from pipeline.store.remote import Remote
from pipeline.store.remote_records import Found
from pipeline.store.sequence import Items

FETCHED = ".fetched"
KEPT = 7 * 86_400.0  # seconds for which the objects of a pull that was broken off are kept


class Arrivals:
    """What comes from `remote` into the store at `root`."""

    def __init__(self, root: Path, remote: Remote) -> None:
        self._root, self._remote, self._folder = root, remote, root / FETCHED

    @contextmanager
    def fetched(self, found: Found) -> Iterator[Callable[[Path], None]]:
        """Fetch the objects of what was found that are not here; what writes its files to a folder.

        Raises `CorruptArtifact` once all that are whole are here, `RemoteError` at once.
        """
        _, objects, text = found
        own = {sha256 for sha256, _ in objects.values()}
        try:
            self._fetch(objects)
            yield partial(self._unpack, objects, text)
        except RemoteError:
            own = set()  # the next command goes on with them
            raise
        finally:
            self._sweep(own)

    def groups(self, found: Found) -> set[Path]:
        """The folders of the groups of items that a fetched result refers to."""
        manifest, objects, _ = found
        groups = set[Path]()
        for record in filter(is_items, manifest["outputs"].values()):
            try:
                path = self._folder / objects[record["file"]][0]
                groups.update(Items.read(path, self._root).groups)
            except (OSError, ValueError, LookupError, RecursionError) as error:
                raise CorruptArtifact(f"{self._remote.address}: items are damaged") from error
        return groups

    def _fetch(self, objects: Mapping[str, list[Any]]) -> None:
        damaged: CorruptArtifact | None = None
        make_folder(self._folder)
        for sha256, size in objects.values():
            place = self._folder / sha256
            try:
                if not place.exists():
                    self._remote.fetch(sha256, size, place)
            except CorruptArtifact as error:
                damaged = error
        if damaged is not None:
            raise damaged

    def _unpack(self, objects: Mapping[str, list[Any]], text: str, folder: Path) -> None:
        for name, (sha256, size) in objects.items():
            fetched, place = self._folder / sha256, inside(folder, name)
            try:
                shutil.copyfile(fetched, place)
            except FileNotFoundError:  # another one, who had the same object, is done with it
                self._remote.fetch(sha256, size, fetched)
                shutil.copyfile(fetched, place)
        (folder / MANIFEST).write_bytes(text.encode("utf-8", "surrogatepass"))

    def _sweep(self, own: set[str]) -> None:
        """Drop objects that have come to where they belong, and what is old."""
        for path in self._folder.glob("*"):
            with suppress(OSError):
                if path.name in own or time.time() - path.stat().st_mtime > KEPT:
                    path.unlink()


def is_items(record: Mapping[str, Any]) -> bool:
    """Whether an output is the result of a mapped stage."""
    return bool(record["kind"] == "items")
