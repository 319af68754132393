"""Scratch: the folder of a worker, with the inputs that it has got and the results that it made.

    <scratch>/.inputs/<content>/<file>    whole and verified, or under a temporary name
    <scratch>/<stage>/<fingerprint>/      a store like any other

It lives as long as the worker. What was used longest ago goes where it grows beyond `MOST` bytes.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.backends.parcels import Input, Piece, content_of_group
from pipeline.code import CodeIndex
from pipeline.errors import CorruptArtifact
from pipeline.store.adoption import inside
from pipeline.store.files import File, identify
from pipeline.store.sequence import Items
from pipeline.store.store import Store
from pipeline.store.trees import make_folders
from pipeline.store.values import read_value, verify_output

MOST = 16 << 30  # bytes of inputs
RESULTS = 8  # of the results that it has made, those made last
PATIENCE = 60.0  # seconds for an input that is on its way


class Scratch:
    """A worker's folder. Several threads may use it."""

    def __init__(self, root: Path) -> None:
        self.store = Store(root)
        self._inputs = root / ".inputs"
        self._inputs.mkdir(parents=True, exist_ok=True)
        self._arrived = threading.Condition()
        self._expected: set[tuple[str, str]] = set()
        self._held = Counter[str]()
        self.code = CodeIndex(root / ".code.json")  # of all stages that were carried out here
        self.looking, self.seen = threading.Lock(), set[str]()  # modules of those

    @contextmanager
    def holding(self, contents: Iterable[str]) -> Iterator[None]:
        """Keep these inputs, whatever else arrives, until the block has ended."""
        contents = set(contents)
        with self._arrived:
            self._held.update(contents)
        try:
            yield
        finally:
            with self._arrived:
                self._held.subtract(contents)
                self._held += Counter()  # without what nobody holds

    def missing(self, contents: Iterable[str], run: str) -> tuple[str, ...]:
        """Which of the inputs are not there. Those that another task of the run has asked for are
        waited for, as long as they take."""
        contents = tuple(dict.fromkeys(contents))
        with self._arrived:
            self._arrived.wait_for(
                lambda: all(self._has(c) or (run, c) not in self._expected for c in contents),
                PATIENCE,
            )
            found = tuple(one for one in contents if not self._has(one))
            self._expected.update((run, one) for one in found)
        return found

    def receive(self, run: str, content: str, piece: Piece) -> None:
        """Take in a piece of an input, which a run sends; the last one makes it whole."""
        name, offset, data, last = piece
        if self._has(content):
            return
        part = self._inputs / f".{run}-{content}"
        part.mkdir(exist_ok=True)
        if name:
            with open(inside(part, name), "r+b" if offset else "wb") as file:
                file.seek(offset)
                file.write(data)
                file.truncate()
        if last:
            with self._arrived:
                if not self._has(content):
                    part.rename(self._inputs / content)
                self._expected.discard((run, content))
                self._arrived.notify_all()
            shutil.rmtree(part, ignore_errors=True)
            self._make_space(content)

    def load(self, one: Input) -> Any:
        """The value of an input. `CorruptArtifact` where it is not what was sent: it goes."""
        folder = self._verified(one.content, lambda place: _damage(place, one.record))
        if one.record["kind"] == "items":
            groups = {name: self._group(name) for name in one.groups}
            return Items.read(folder / one.record["file"], self.store.root, groups)
        return read_value(folder, one.record)

    def file(self, content: str, name: str, file: File) -> File:
        """Where a file that was sent lies here."""
        os.utime(self._inputs / content)
        found = identify(self._inputs / content / name, cache=self.store.cache).files[0]
        if (found.size, found.sha256) != (file.size, file.sha256):
            self.discard(content)
            raise CorruptArtifact(f"a file that arrived is damaged: {name}")
        return replace(found, below=file.below)

    def _group(self, name: str) -> Path:
        """Where a group of items that was sent lies here."""
        examine, content = self.store.groups.examine, content_of_group(name)
        return self._verified(content, lambda place: examine(place / name)[0]) / name

    def _verified(self, content: str, damage: Callable[[Path], str | None]) -> Path:
        """The folder of an input, of which `damage` has once said what is wrong with it."""
        folder = self._inputs / content
        if not folder.is_dir():
            raise CorruptArtifact("an input that arrived has gone")
        os.utime(folder)
        if not (folder / ".verified").exists():
            if reason := damage(folder):
                self.discard(content)
                raise CorruptArtifact(f"an input that arrived is damaged: {reason}")
            (folder / ".verified").touch()
        return folder

    def discard(self, content: str) -> None:
        """Forget an input."""
        shutil.rmtree(self._inputs / content, ignore_errors=True)

    def forget_results(self) -> None:
        """Drop all results but the last ones."""
        folders = sorted(self.store.results(), key=lambda path: path.stat().st_mtime_ns)
        for folder in folders[:-RESULTS]:
            shutil.rmtree(folder, ignore_errors=True)

    def _has(self, content: str) -> bool:
        return (self._inputs / content).is_dir()

    def _make_space(self, newest: str) -> None:
        """Drop what was used longest ago. What is still arriving is not looked at, and what goes
        or is renamed meanwhile, by another thread, no more."""
        found = []
        for folder in self._inputs.iterdir():
            with suppress(OSError):
                if not folder.name.startswith("."):
                    files = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
                    found.append((folder.stat().st_mtime_ns, sum(files), folder))
        total = sum(size for _, size, _ in found)
        for _, size, folder in sorted(found):
            if total <= MOST:
                return
            if folder.name != newest and not self._held[folder.name]:
                total -= size
                shutil.rmtree(folder, ignore_errors=True)


def _damage(folder: Path, record: Mapping[str, Any]) -> str | None:
    make_folders(folder, record)
    return verify_output(folder, record)
