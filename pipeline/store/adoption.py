"""Adopt: a result that was made elsewhere takes its place here, once every byte of it is verified.

What comes is what lies in a result's folder: its manifest, and the files of its outputs. It counts
only where the manifest is whole and of this very key, and each output has the digest that it says.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact
from pipeline.store.commit import placing
from pipeline.store.durable import fsync, fsync_folder
from pipeline.store.group_records import expect_group
from pipeline.store.key import Key
from pipeline.store.manifest import MANIFEST, parse_manifest
from pipeline.store.store import Store
from pipeline.store.trees import make_folders
from pipeline.store.values import verify_output

Fill = Callable[[Path], None]


def adopt(store: Store, key: Key, fill: Fill, fields: Mapping[str, Any] | None = None) -> None:
    """Take in the result `key`, whose files `fill(folder)` writes; hold its lock.

    `fields` are those of its fingerprint, where they are known. Raises `CorruptArtifact` where the
    files are not what their manifest says, or that is another's: then nothing has changed.
    """
    with placing(store.folder(key)) as folder:
        fill(folder)
        manifest = _manifest(folder, key.digest, str(key), fields)
        if "items" in manifest:
            raise CorruptArtifact(f"{key}: what came is a group of items")
        _settle(folder, manifest, str(key))


def adopt_group(
    place: Path,
    fill: Fill,
    fields: Mapping[str, Any],
    expected: Mapping[str, Mapping[str, str]] | None = None,
    outputs: Collection[str] = (),
) -> None:
    """Take in a group of items, which is to lie at `place`, as `adopt` does a result.

    `fields` are those of the fingerprint of its items; `expected` are the digests of what they may
    be, by their fingerprints, where that is known; each must have these `outputs` then.
    """
    name = f"items of {place.parent.parent.name}"
    with placing(place) as folder:
        fill(folder)
        manifest = expect_group(_manifest(folder, None, name, fields, place.name), name)
        if expected is not None:
            _expect_items(manifest["items"], expected, set(outputs), name)
        _settle(folder, manifest, name)


def _expect_items(
    items: Iterable[Mapping[str, Any]],
    expected: Mapping[str, Mapping[str, str]],
    outputs: set[str],
    name: str,
) -> None:
    for item in items:
        if item.get("inputs") != expected.get(item["fingerprint"]):
            raise CorruptArtifact(f"{name}: what came are the results of other items")
        if item["outputs"].keys() != outputs:
            raise CorruptArtifact(f"{name}: what came are other outputs")


def _manifest(
    folder: Path,
    digest: str | None,
    name: str,
    fields: Mapping[str, Any] | None,
    place: str | None = None,
) -> dict[str, Any]:
    try:
        text = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        raise CorruptArtifact(f"{name}: what came has no manifest") from None
    manifest = parse_manifest(text, digest, place or (digest or "")[:32], f"{name}: what came")
    if fields is not None and manifest["fields"] != dict(fields):
        raise CorruptArtifact(f"{name}: what came is the result of another computation")
    return manifest


def _settle(folder: Path, manifest: Mapping[str, Any], name: str) -> None:
    """Verify what came, and see that it is on the disk as if it had been made here."""
    _verify(folder, manifest["outputs"].values(), name)
    for record in manifest["outputs"].values():
        path = folder / record["file"]
        if path.is_file():
            os.utime(path, ns=(record["mtime_ns"], record["mtime_ns"]))
    for path in sorted(folder.rglob("*"), reverse=True):
        _sync(path)
    fsync_folder(folder)


def _verify(folder: Path, records: Collection[Mapping[str, Any]], name: str) -> None:
    expected = {MANIFEST, *(record["file"] for record in records)}
    for path in folder.iterdir():
        if path.name not in expected:
            path.unlink() if path.is_file() else shutil.rmtree(path)
    for record in records:
        if record.get("dropped"):
            raise CorruptArtifact(f"{name}: what came is a record without its outputs")
        make_folders(folder, record)
        if reason := verify_output(folder, record):
            raise CorruptArtifact(f"{name}: what came is damaged: {reason}")


def files_of(folder: Path) -> Iterable[tuple[str, Path]]:
    """The files of a result, by their name inside of its folder; the manifest is the last."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    named = [(path.relative_to(folder).as_posix(), path) for path in found]
    return sorted(named, key=lambda pair: pair[0] == MANIFEST)


def inside(folder: Path, name: str) -> Path:
    """The place of a file in a result's folder. `CorruptArtifact` for a name that leads outside."""
    parts = name.split("/")
    if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
        raise CorruptArtifact(f"expected a file inside of a result, found {name!r:.200}")
    place = folder.joinpath(*parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _sync(path: Path) -> None:
    if path.is_dir():
        fsync_folder(path)
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fsync(descriptor)
    finally:
        os.close(descriptor)
