"""Store: results on disk, whole or not there at all.

    artifacts/<stage>/<fingerprint>/<output>.npy | <output>.json
                                    manifest.json

A result is written to a temporary folder beside its place: every file fsynced, the manifest last,
then one rename, then an fsync of the parent. A folder without a manifest that fits is nothing. What
is read back is memory-mapped and never unpickled. One advisory lock per key lets the second process
wait and reuse; the kernel drops the lock of a dead one.

Sizes and modification times are trusted from then on; verify.py reads every byte again.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact, MissingArtifact
from pipeline.store.durable import check_free_space, fsync_folder, make_folder, storage_errors
from pipeline.store.files import DigestCache
from pipeline.store.manifest import MANIFEST, read_manifest
from pipeline.store.values import Writer, check_output, read_value, verify_output

_IS_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Key:
    """Where a result lives: the stage that makes it and the digest of its fingerprint."""

    stage: str
    digest: str

    def __str__(self) -> str:
        return f"{self.stage}/{self.digest[:32]}"


class Store:
    """A folder of results by key. Creating the object touches no disk."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self.cache = DigestCache(self.root / ".digests.json")

    def folder(self, key: Key) -> Path:
        """The folder of a result, whether it is there or not."""
        return self.root / str(key)

    def damage(self, key: Key) -> str | None:
        """Why nothing usable is stored under `key`, in a few words; None where all is well.

        Looks at the manifest and at the size and time of each file; a file that was touched since
        is read again, and trusted if its content is still what the manifest records.
        """
        try:
            manifest = self.manifest(key)
        except MissingArtifact:
            return "nothing is stored"
        except CorruptArtifact as error:
            return str(error)
        for output in manifest["outputs"].values():
            reason = check_output(self.folder(key), output, self.cache)
            if reason:
                return reason
        return None

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
        found = [sorted(stage.iterdir()) for stage in stages if stage.is_dir()]
        return [path for paths in found for path in paths if _IS_KEY.fullmatch(path.name)]

    def manifest(self, key: Key) -> dict[str, Any]:
        """The record of a result; `MissingArtifact` or `CorruptArtifact` where there is none."""
        return read_manifest(self.folder(key), key.digest)

    def load(self, key: Key, output: str) -> Any:
        """One output: an array (memory-mapped, read-only), a JSON value or `Files`."""
        record = self.manifest(key)["outputs"].get(output)
        if record is None:
            raise MissingArtifact(f"{self.folder(key)} holds no output {output!r}")
        try:
            return read_value(self.folder(key), record)
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
        manifests = []
        for path in (self.root / stage).glob(f"[0-9a-f]*/{MANIFEST}"):
            with suppress(CorruptArtifact, MissingArtifact, OSError):
                manifests.append((path.parent.stat().st_mtime_ns, read_manifest(path.parent)))
        return [manifest for _, manifest in sorted(manifests, key=lambda pair: -pair[0])]

    def touch(self, key: Key) -> None:
        """Remember that a result was used now; a read-only store forgets it."""
        with suppress(OSError):
            os.utime(self.folder(key))

    @contextmanager
    def lock(self, key: Key, waiting: Callable[[str], None]) -> Iterator[None]:
        """Hold the one lock of `key`; `waiting(holder)` is called once where somebody has it."""
        from filelock import FileLock, Timeout  # imported here: only a stage that runs needs it

        path = self.root / ".locks" / f"{key.stage}-{key.digest[:32]}.lock"
        owner = path.with_suffix(".owner")
        with storage_errors(self.root):
            make_folder(path.parent)
            lock = FileLock(path)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                waiting(_holder(owner))
                lock.acquire()
        try:
            with suppress(OSError):
                owner.write_text(f"process {os.getpid()}")
            yield
        finally:
            with suppress(OSError):
                owner.unlink()
            lock.release()

    @contextmanager
    def write(self, key: Key, fields: Mapping[str, Any]) -> Iterator[Writer]:
        """A `Writer` whose outputs are there, all of them, once the block has ended well.

        Call it with the lock of `key` held. An `OSError` of the disk becomes a `StorageError`.
        """
        with self._commit(self.folder(key)) as writer:
            yield writer
            writer.finish(key.digest, fields)

    @contextmanager
    def _commit(self, place: Path) -> Iterator[Writer]:
        parent = place.parent
        with storage_errors(parent):
            make_folder(parent)
            for left in parent.glob(f".tmp-{place.name}-*"):  # of a dead process: we hold the lock
                shutil.rmtree(left, ignore_errors=True)
            folder = parent / f".tmp-{place.name}-{secrets.token_hex(4)}"
            folder.mkdir()
        try:
            writer = Writer(folder)
            try:
                yield writer
            finally:
                writer.close()
            with storage_errors(parent):
                if place.exists():  # damaged, else nobody would write it again
                    place.rename(folder.with_name(f"{folder.name}-old"))
                folder.rename(place)
                fsync_folder(parent)
        finally:
            for left in parent.glob(f".tmp-{place.name}-*"):
                shutil.rmtree(left, ignore_errors=True)

    def save_state(self, key: Key, arrays: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        """Keep the state of an unfinished computation; the one kept before stays until it is."""
        with storage_errors(self.root):
            make_folder(self.root)
            check_free_space(self.root, sum(array.nbytes for array in arrays.values()))
        past = self._states(key)
        number = 1 + max((int(path.name) for path in past), default=0)
        with self._commit(self._state_folder(key) / str(number)) as writer:
            for name, array in arrays.items():
                writer.put(name, array)
            writer.put("record", dict(record))
            writer.finish(key.digest, {})
        for path in past:
            shutil.rmtree(path, ignore_errors=True)

    def load_state(self, key: Key) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The newest state that is whole: its arrays (in memory) and its record; None: none."""
        for path in reversed(self._states(key)):
            with suppress(CorruptArtifact, MissingArtifact, OSError):
                outputs = read_manifest(path, key.digest)["outputs"]
                kinds = {name: output["kind"] for name, output in outputs.items()}
                if kinds.pop("record", "") != "json" or {*kinds.values()} - {"array"}:
                    continue
                if any(verify_output(path, output) for output in outputs.values()):
                    continue
                values = {name: read_value(path, output) for name, output in outputs.items()}
                record = values.pop("record")
                return {name: value.copy() for name, value in values.items()}, record
        return None

    def drop_state(self, key: Key) -> None:
        """Forget the state of a computation that has ended."""
        shutil.rmtree(self._state_folder(key), ignore_errors=True)

    def _state_folder(self, key: Key) -> Path:
        return self.root / ".state" / str(key)

    def has_state(self, key: Key) -> bool:
        """Whether a state is there, whole or not."""
        return bool(self._states(key))

    def _states(self, key: Key) -> list[Path]:
        with suppress(OSError):
            folders = [p for p in self._state_folder(key).iterdir() if p.name.isdecimal()]
            return sorted(folders, key=lambda path: int(path.name))
        return []


def _holder(owner: Path) -> str:
    """Who holds a lock, where that is known: the holder says so just after taking it."""
    with suppress(OSError):
        return owner.read_text() or "another process"
    return "another process"
