"""A store with a remote behind it: what is missing here is looked for there, and made results go.

To look takes the manifest alone; the files come when the result is needed (`bring`). A remote that
is out of reach is reported once, and then left alone: work goes on with what is here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact
from pipeline.store.adoption import adopt, adopt_group
from pipeline.store.arrivals import Arrivals, is_items
from pipeline.store.key import Key
from pipeline.store.remote import Remote, RemoteError
from pipeline.store.remote_records import Found
from pipeline.store.sequence import read_items
from pipeline.store.store import Store


class StoreWithRemote(Store):
    """`note` is called with what its user should know."""

    def __init__(self, root: Path, remote: Remote, note: Callable[[str], None]) -> None:
        super().__init__(root)
        self.remote, self._note = remote, note
        self._arrivals = Arrivals(root, remote)
        self.required = False  # whether work is of no use where the remote is out of reach
        self._in_reach = True
        self._found: dict[Key, Found | None] = {}
        self.brought: list[Key] = []  # what has come from the remote

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
        with self.lock(key, lambda holder: None):
            if self.is_here(key):  # another process has brought it meanwhile
                return True
            try:
                with self._arrivals.fetched(found) as fill:
                    for group in self._arrivals.groups(found):
                        self._bring_group(group)
                    adopt(self, key, fill, found[0]["fields"])
                self.brought.append(key)
            except RemoteError as error:
                self._lost(error)
                return False
            except CorruptArtifact as error:
                self.remote.forget(key)
                self._found[key] = None
                self._note(f"{error}: {key.stage} has to be made anew")
                return False
        return True

    def share(self, key: Key) -> int:
        """Send a result that was made here, after the groups of items that it refers to; how many
        bytes went."""
        manifest, folder, sent = super().manifest(key), self.folder(key), 0
        if not self._in_reach or not is_shareable(folder, manifest):
            return 0
        try:
            for record in manifest["outputs"].values():
                for group in read_items(folder, record).groups if is_items(record) else ():
                    sent += self.remote.push_group(self._place(group), group)
            return sent + self.remote.push(key, folder)
        except RemoteError as error:
            self._lost(error)
            return sent

    def bring_items(self, stage: str, common: str, fields: Mapping[str, Any]) -> None:
        """Fetch the groups of items with this in common that are only in the remote."""
        place = self.groups.place(stage, common)
        try:
            for name in self.remote.groups(self._place(place)) if self._in_reach else ():
                with suppress(CorruptArtifact):  # its items are made anew
                    self._bring_group(place / name, fields)
        except RemoteError as error:
            self._lost(error)

    def _look(self, key: Key) -> Found | None:
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
            self._in_reach = False
            self._found.clear()
            self._note(f"{error}. Work goes on without it; pipeline push sends what is made")

    def _place(self, folder: Path) -> str:
        return folder.relative_to(self.root).as_posix()

    def _bring_group(self, folder: Path, fields: Mapping[str, Any] | None = None) -> None:
        """Fetch a group of items that is not here. Raises `CorruptArtifact`, `RemoteError`."""
        if self.groups.examine(folder)[0] is None:
            return
        if (found := self.remote.look_at_group(self._place(folder))) is None:
            raise CorruptArtifact(f"{self.remote.address}: a group of items is missing or damaged")
        with self.lock(Key("items", folder.name), lambda holder: None):
            if self.groups.examine(folder)[0] is not None:  # nobody has brought it meanwhile
                with self._arrivals.fetched(found) as fill:
                    adopt_group(folder, fill, found[0]["fields"] if fields is None else fields)


def is_shareable(folder: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether a result is of use elsewhere: whole, and no reference to files of this machine."""
    outputs = manifest["outputs"].values()
    if any(one["kind"] == "files" or one.get("dropped") for one in outputs):
        return False
    return not any(read_items(folder, one).refers for one in outputs if is_items(one))
