"""Groups: the results of items of a mapped stage, committed together.

    artifacts/.items/<stage>/<common>/<group>/<output>.pack     values of items, one after another
                                              manifest.json

One fsync for each file and one manifest make a second of work durable, not one item. `common` is
the digest of all that identifies the results of a stage's items but for the items themselves; a
group's own name is drawn, so that nobody else writes to its place. In the manifest, beside what
every manifest has:

    items    [{"fingerprint", "inputs": {argument: digest}, "outputs": {output: record}, "notes"}]

A record is that of payloads.py with "offset" and "size" in the pack of its output; or, of a file or
a folder that the stage has written itself, with the name ("entry") of its record among the outputs.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact, MissingArtifact
from pipeline.store.commit import committing
from pipeline.store.digest_cache import DigestCache
from pipeline.store.durable import check_free_space, fsync
from pipeline.store.group_records import read_group
from pipeline.store.item_writer import ItemWriter
from pipeline.store.manifest import MANIFEST
from pipeline.store.records import file_record
from pipeline.store.troubles import storage_errors
from pipeline.store.values import check_output
from pipeline.store.writer import Writer

FOLDER = ".items"
ALIGNED = 64  # bytes: where a value begins in a pack, so that arrays in it are aligned


class Groups:
    """The groups of items in the store at `root`."""

    def __init__(self, root: Path, cache: DigestCache) -> None:
        self.root, self._cache = root, cache

    def place(self, stage: str, common: str) -> Path:
        """The folder of the groups of a stage whose items have this in common (a digest)."""
        return self.root / FOLDER / stage / common[:32]

    def all(self) -> list[Path]:
        """The folders of all groups, damaged ones too."""
        return sorted(self.root.glob(f"{FOLDER}/*/{'[0-9a-f]' * 32}/{'[0-9a-f]' * 32}"))

    def of(self, stage: str, common: str) -> list[Path]:
        """The folders of the groups of a stage whose items have this in common."""
        with suppress(FileNotFoundError, NotADirectoryError):
            found = sorted(self.place(stage, common).iterdir())
            return [path for path in found if not path.name.startswith(".")]
        return []

    def examine(self, folder: Path) -> tuple[str | None, dict[str, Any] | None]:
        """Why a group cannot be used (None: it can), and its manifest, None where it is damaged."""
        try:
            manifest = read_group(folder)
        except (CorruptArtifact, MissingArtifact) as error:
            return str(error), None
        for output in manifest["outputs"].values():
            if reason := check_output(folder, output, self._cache):
                return reason, manifest
        return None, manifest

    def facts(
        self, folder: Path, manifest: Mapping[str, Any], output: str
    ) -> tuple[dict[str, list[int]], bool]:
        """Sizes and times of a group's files by name, and whether an output refers to others.

        The time of the manifest, which has a checksum of its own, is 0.
        """
        refers = any(one["outputs"][output]["kind"] == "files" for one in manifest["items"])
        found = {MANIFEST: [(folder / MANIFEST).stat().st_size, 0]}
        for record in manifest["outputs"].values():
            inner = record.get("files", {None: record})
            for relative, one in inner.items():
                name = record["file"] if relative is None else f"{record['file']}/{relative}"
                found[name] = [one["size"], one["mtime_ns"]]
        return found, refers

    @contextmanager
    def write(self, stage: str, common: str, fields: Mapping[str, Any]) -> Iterator[GroupWriter]:
        """A group that is there, all of it, once the block has ended well; without an item, none.

        An `OSError` of the disk becomes a `StorageError`.
        """
        name = secrets.token_hex(32)
        with suppress(_Empty):
            with committing(self.place(stage, common) / name[:32]) as writer:
                group = GroupWriter(writer)
                try:
                    yield group
                    if not writer.items:
                        raise _Empty
                    group.finish(name, fields)
                finally:
                    group.close()


class _Empty(Exception):
    """No item has come to its end: there is nothing to commit."""


class GroupWriter:
    """Writes items of one group as they come to their end."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._packs = writer, dict[str, _Pack]()
        self.name = ""  # of its folder, once it is committed

    def item(self) -> ItemWriter:
        """What the outputs of the next item are written with."""
        return ItemWriter(self._writer.folder, len(self._writer.items))

    def add(self, fingerprint: str, inputs: Mapping[str, str], item: ItemWriter) -> None:
        """Take in an item that has come to its end."""
        outputs: dict[str, Any] = {}
        with storage_errors(self._writer.folder):
            for name, (record, data) in item.finished().items():
                if data is None:
                    self._writer.outputs[item.entry(name)] = record
                    digest = {"digest": record["digest"]}
                    outputs[name] = {"kind": record["kind"], **digest, "entry": item.entry(name)}
                else:
                    if name not in self._packs:
                        self._packs[name] = _Pack(self._writer.folder / f"{name}.pack")
                    offset = self._packs[name].append(data)
                    outputs[name] = {**record, "offset": offset, "size": len(data)}
        entry = {"fingerprint": fingerprint, "inputs": dict(inputs), "outputs": outputs}
        self._writer.made_with |= item.made_with
        self._writer.items.append(entry | ({"notes": item.notes} if item.notes else {}))

    def observe(self, observed: Mapping[str, Any]) -> None:
        """Keep what the stage was seen to depend on while it made these items."""
        self._writer.observed = dict(observed)

    def finish(self, name: str, fields: Mapping[str, Any]) -> None:
        with storage_errors(self._writer.folder):
            for output, pack in self._packs.items():
                self._writer.outputs[output] = pack.finish()
        self._writer.finish(name, fields)
        self.name = name[:32]

    def close(self) -> None:
        for pack in self._packs.values():
            pack.file.close()


class _Pack:
    """Values one after another in a file."""

    def __init__(self, path: Path) -> None:
        self.file = open(path, "xb")  # noqa: SIM115 - closed in close()
        self._path, self._size, self._hash = path, 0, hashlib.sha256()

    def append(self, data: bytes) -> int:
        """Where the value begins."""
        if len(data) > 1 << 20:  # a look at the disk takes longer than a small value
            check_free_space(self._path.parent.parent, len(data))
        gap = bytes(-self._size % ALIGNED)
        for part in (gap, data):
            self.file.write(part)
            self._hash.update(part)
        self._size += len(gap) + len(data)
        return self._size - len(data)

    def finish(self) -> dict[str, Any]:
        self.file.flush()
        fsync(self.file.fileno())
        self.file.close()
        sha256 = self._hash.hexdigest()
        return {"kind": "pack", "digest": sha256, "sha256": sha256, **file_record(self._path)}
