"""A store with a remote behind it: what is missing here is looked for there, and made results go.

To look takes the manifest alone; the files come when the result is needed (`bring`). A remote that
is out of reach is reported once, and then left alone: work goes on with what is here.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact
from pipeline.store.adoption import adopt, inside
from pipeline.store.durable import make_folder
from pipeline.store.key import Key
from pipeline.store.manifest import MANIFEST
from pipeline.store.remote import Remote, RemoteError
from pipeline.store.store import Store

FETCHED = ".fetched"  # a folder of whole objects, until their result is complete
OUTSIDE = ("files", "items")  # kinds that refer to files of this machine, to groups of items
KEPT = 7 * 86_400.0  # seconds for which the objects of a pull that was broken off are kept


class StoreWithRemote(Store):
    """`note` is called with what its user should know."""

    def __init__(self, root: Path, remote: Remote, note: Callable[[str], None]) -> None:
        super().__init__(root)
        self.remote, self._note = remote, note
        self.required = False  # whether work is of no use where the remote is out of reach
        self._in_reach = True
        self._error: RemoteError | None = None
        self._found: dict[Key, Any] = {}

    def examine(self, key: Key) -> tuple[str | None, dict[str, Any] | None]:
        """As of a store; what is only in the remote is all well."""
        reason, manifest = super().examine(key)
        if reason is None or (found := self._look(key)) is None:
            return reason, manifest
        return None, found[0]

    def manifest(self, key: Key) -> dict[str, Any]:
        """As of a store; that of the remote where nothing usable is here."""
        if not self.is_here(key) and (found := self._look(key)) is not None:
            return found[0]
        return super().manifest(key)

    def load(self, key: Key, output: str) -> Any:
        """As of a store; what is only in the remote comes first."""
        self.bring(key)
        return super().load(key, output)

    def is_here(self, key: Key) -> bool:
        """Whether a result is stored here, whole."""
        return super().examine(key)[0] is None

    def bring(self, key: Key) -> bool:
        """Fetch a result that is only in the remote; whether it is here now."""
        if self.is_here(key):
            return True
        if (found := self._look(key)) is None:
            return False
        manifest, objects, text = found
        with self.lock(key, lambda holder: None):
            if self.is_here(key):  # another process has brought it meanwhile
                return True
            try:
                self._fetch(objects)
                adopt(self, key, partial(self._unpack, objects, text), manifest["fields"])
            except RemoteError as error:
                self._lost(error)
                return False
            except CorruptArtifact as error:
                self.remote.forget(key)
                self._found[key] = None
                self._note(f"{error}: {key.stage} is made anew")
                return False
            finally:
                self._sweep(objects)
        return True

    def share(self, key: Key) -> int:
        """Send a result that was made here; how many bytes went."""
        if not self._in_reach or not is_shareable(super().manifest(key)):
            return 0
        try:
            return self.remote.push(key, self.folder(key))
        except RemoteError as error:
            self._lost(error)
            return 0

    def expect_reach(self) -> None:
        """Raise the `RemoteError` that was found, where there was one."""
        if self._error is not None:
            raise self._error

    def _look(self, key: Key) -> Any:
        if key not in self._found and self._in_reach:
            try:
                self._found[key] = self.remote.look(key)
            except RemoteError as error:
                self._lost(error)
        return self._found.get(key)

    def _lost(self, error: RemoteError) -> None:
        if self.required:
            raise error
        if self._in_reach:
            self._in_reach, self._error = False, error
            self._found.clear()
            self._note(f"{error}. Work goes on without it; pipeline push sends what is made")

    def _fetch(self, objects: Mapping[str, list[Any]]) -> None:
        """Fetch the objects that are not here: all that are whole, so that it is known which."""
        damaged: CorruptArtifact | None = None
        make_folder(self.root / FETCHED)
        for sha256, size in objects.values():
            place = self.root / FETCHED / sha256
            try:
                if not place.exists():
                    self.remote.fetch(sha256, size, place)
            except CorruptArtifact as error:
                damaged = error
        if damaged is not None:
            raise damaged

    def _unpack(self, objects: Mapping[str, list[Any]], text: str, folder: Path) -> None:
        for name, (sha256, _) in objects.items():
            shutil.copyfile(self.root / FETCHED / sha256, inside(folder, name))
        (folder / MANIFEST).write_bytes(text.encode("utf-8", "surrogatepass"))

    def _sweep(self, objects: Mapping[str, list[Any]]) -> None:
        """Drop fetched objects: those of a result that is complete, and what is old."""
        own = {sha256 for sha256, _ in objects.values()} if self._in_reach else set()
        for path in (self.root / FETCHED).glob("*"):
            with suppress(OSError):
                if path.name in own or time.time() - path.stat().st_mtime > KEPT:
                    path.unlink()


def is_shareable(manifest: Mapping[str, Any]) -> bool:
    """Whether a result is of use elsewhere: whole, and no reference to what lies outside of it."""
    outputs = manifest["outputs"].values()
    return not any(one["kind"] in OUTSIDE or one.get("dropped") for one in outputs)
