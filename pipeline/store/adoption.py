"""Adopt: a result that was made elsewhere takes its place here, once every byte of it is verified.

What comes is what lies in a result's folder: its manifest, and the files of its outputs. It counts
only where the manifest is whole and of this very key, and each output has the digest that it says.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact
from pipeline.store.commit import placing
from pipeline.store.durable import fsync, fsync_folder
from pipeline.store.key import Key
from pipeline.store.manifest import MANIFEST, parse_manifest
from pipeline.store.store import Store
from pipeline.store.values import verify_output

Fill = Callable[[Path], None]


def adopt(store: Store, key: Key, fill: Fill, fields: Mapping[str, Any] | None = None) -> None:
    """Take in the result `key`, whose files `fill(folder)` writes; hold its lock.

    `fields` are those of its fingerprint, where they are known. Raises `CorruptArtifact` where the
    files are not what their manifest says, or that is another's: then nothing has changed.
    """
    with placing(store.folder(key)) as folder:
        fill(folder)
        manifest = _verified(folder, key, fields)
        for record in manifest["outputs"].values():
            path = folder / record["file"]
            if path.is_file():
                os.utime(path, ns=(record["mtime_ns"], record["mtime_ns"]))
        for path in sorted(folder.rglob("*"), reverse=True):
            _sync(path)
        fsync_folder(folder)


def _verified(folder: Path, key: Key, fields: Mapping[str, Any] | None) -> dict[str, Any]:
    try:
        text = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        raise CorruptArtifact(f"{key}: what came has no manifest") from None
    manifest = parse_manifest(text, key.digest, key.digest[:32], f"{key}: what came")
    if fields is not None and manifest["fields"] != dict(fields):
        raise CorruptArtifact(f"{key}: what came is the result of another computation")
    expected = {MANIFEST, *(record["file"] for record in manifest["outputs"].values())}
    for path in folder.iterdir():
        if path.name not in expected:
            path.unlink() if path.is_file() else shutil.rmtree(path)
    for record in manifest["outputs"].values():
        if record.get("dropped"):
            raise CorruptArtifact(f"{key}: what came is a record without its outputs")
        if reason := verify_output(folder, record):
            raise CorruptArtifact(f"{key}: what came is damaged: {reason}")
    return manifest


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
