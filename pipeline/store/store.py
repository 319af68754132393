"""Store: results on disk, whole or not there at all.

    artifacts/<stage>/<fingerprint>/<output>.npy | <output>.json
                                    manifest.json
    artifacts/.items/…              groups of the results of items (groups.py)

A result is written under a temporary name (commit.py); a folder without a manifest that fits is
nothing. What is read back is memory-mapped and never unpickled. One lock per key (locks.py) lets a
second process wait and reuse. States of unfinished computations are a mapping of their own
(states.py).

Sizes and modification times are trusted from then on; verify.py reads every byte again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact, MissingArtifact
from pipeline.store.commit import committing
from pipeline.store.durable import make_folder
from pipeline.store.files import DigestCache
from pipeline.store.groups import Groups
from pipeline.store.key import Key
from pipeline.store.locks import file_lock
from pipeline.store.manifest import read_manifest
from pipeline.store.sequence import check_items, read_items
from pipeline.store.states import States
from pipeline.store.troubles import storage_errors
from pipeline.store.values import check_output, read_value
from pipeline.store.writer import Writer

__all__ = ["Key", "Store"]

_IS_KEY = re.compile(r"[0-9a-f]{32}")
_OWN = (".lock", ".code.json")  # files of the top folder, one of which is there first of all


def is_store(folder: str | Path) -> bool:
    """Whether a folder is that of a store, with results in it or still without."""
    return any(Path(folder, name).is_file() for name in _OWN)


class Store:
    """A folder of results by key. Creating the object touches no disk."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self.cache = DigestCache(self.root / ".digests.json")
        self.states = States(self.root)
        self.groups = Groups(self.root, self.cache)

    def folder(self, key: Key) -> Path:
        """The folder of a result, whether it is there or not."""
        return self.root / str(key)

    def damage(self, key: Key) -> str | None:
        """Why nothing usable is stored under `key`, in a few words; None where all is well.

        Looks at the manifest and at the size and time of each file; a file that was touched since
        is read again, and trusted if its content is still what the manifest records.
        """
        return self.examine(key)[0]

    def examine(self, key: Key) -> tuple[str | None, dict[str, Any] | None]:
        """The same, and the manifest, None where it cannot be read."""
        folder = self.folder(key)
        try:
            manifest = read_manifest(folder, key.digest)
        except MissingArtifact:
            return "nothing is stored", None
        except CorruptArtifact as error:
            return str(error), None
        for output in manifest["outputs"].values():
            if reason := check_output(folder, output, self.cache):
                return reason, manifest
            if output["kind"] == "items" and (reason := check_items(folder, output, self.cache)):
                return reason, manifest
        return None, manifest

    def is_absent(self, key: Key) -> bool:
        """Whether not even a damaged result is there."""
        return not self.folder(key).exists()

    def results(self) -> list[Path]:
        """The folders of all results, damaged ones too; nothing else that somebody keeps there.

        Raises `OSError` where a folder cannot be listed.
        """
        stages: list[Path] = []
        with suppress(FileNotFoundError):
            stages = sorted(path for path in self.root.iterdir() if not path.name.startswith("."))
        found = [(stage, sorted(os.listdir(stage))) for stage in stages if stage.is_dir()]
        return [stage / name for stage, names in found for name in names if _IS_KEY.fullmatch(name)]

    def manifest(self, key: Key) -> dict[str, Any]:
        """The record of a result; `MissingArtifact` or `CorruptArtifact` where there is none."""
        return read_manifest(self.folder(key), key.digest)

    def load(self, key: Key, output: str) -> Any:
        """One output: an array (memory-mapped, read-only), a JSON value, … (see values.py)."""
        record = self.manifest(key)["outputs"].get(output)
        if record is None:
            raise MissingArtifact(f"{self.folder(key)} holds no output {output!r}")
        if record.get("dropped"):
            raise MissingArtifact(f"{self.folder(key)}: {output} was dropped by gc --searches")
        try:
            read = read_items if record["kind"] == "items" else read_value
            return read(self.folder(key), record)
        except CorruptArtifact:
            self.invalidate(self.folder(key))
            raise

    def invalidate(self, folder: Path) -> None:
        """Let the next command that would use a result read all of it before."""
        with suppress(OSError):
            self.cache.path.unlink(missing_ok=True)
            for path in folder.iterdir():
                os.utime(path)

    def variants(self, stage: str) -> list[dict[str, Any]]:
        """The manifests stored for a stage, the one used last first."""
        folder, names, manifests = self.root / stage, list[str](), []
        with suppress(OSError):
            names = [name for name in os.listdir(folder) if _IS_KEY.fullmatch(name)]
        for name in names:
            with suppress(CorruptArtifact, MissingArtifact, OSError):
                used = os.stat(f"{folder}/{name}").st_mtime_ns
                manifests.append((used, read_manifest(folder / name)))
        return [manifest for _, manifest in sorted(manifests, key=lambda pair: -pair[0])]

    def bring(self, key: Key) -> bool:
        """See that a result that may lie elsewhere is here, as one does; false where it cannot."""
        return True

    def bring_items(self, stage: str, common: str, fields: Mapping[str, Any]) -> None:
        """See that results of items that may lie elsewhere are here; see `Groups.write`."""

    def share(self, key: Key) -> int:
        """Let others have a result, where they can; how many bytes that took."""
        return 0

    def touch(self, key: Key) -> None:
        """Remember that a result was used now; a read-only store forgets it."""
        with suppress(OSError):
            os.utime(self.folder(key))

    @contextmanager
    def lock(self, key: Key, waiting: Callable[[str], None]) -> Iterator[None]:
        """Hold the one lock of `key`; `waiting(holder)` is called once where somebody has it."""
        path = self.root / ".locks" / f"{key.stage}-{key.digest[:32]}.lock"
        with ExitStack() as held:
            with storage_errors(self.root):
                make_folder(path.parent)
                held.enter_context(file_lock(path, waiting))
            yield

    @contextmanager
    def write(self, key: Key, fields: Mapping[str, Any]) -> Iterator[Writer]:
        """A `Writer` whose outputs are there, all of them, once the block has ended well.

        Call it with the lock of `key` held. An `OSError` of the disk becomes a `StorageError`.
        """
        with committing(self.folder(key)) as writer:
            yield writer
            writer.finish(key.digest, fields)
