"""The manifest: the record beside a result that says what it is and that it is whole.

It is written last, so its presence means that everything else was written before; and it has a
checksum of its own content, so a flipped bit in it is found like one in any other file.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact, MissingArtifact
from pipeline.store.durable import write_durably
from pipeline.store.records import well_formed

MANIFEST = "manifest.json"
FORMAT = 2


def write_manifest(
    folder: Path,
    digest: str,
    fields: Mapping[str, Any],
    outputs: Mapping[str, Any],
    seconds: float,
    notes: Mapping[str, Any],
) -> None:
    """Record the outputs of a computation, what identifies it, and where and how long it ran.

    `notes` are figures of the stage's own, such as the seconds of each epoch.
    """
    manifest = {
        "format": FORMAT,
        "fingerprint": digest,
        "fields": fields,
        "outputs": outputs,
        "seconds": round(seconds, 6),
        "notes": notes,
        "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": _versions(),
        "machine": f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores",
    }
    text = json.dumps({**manifest, "checksum": _checksum(manifest)}, indent=1, ensure_ascii=False)
    write_durably(folder / MANIFEST, text.encode())


def read_manifest(folder: Path, digest: str | None = None) -> dict[str, Any]:
    """The manifest in `folder`.

    Raises `MissingArtifact` where there is none, `CorruptArtifact` where it is damaged, of another
    format, or of another fingerprint than `digest`.
    """
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise MissingArtifact(f"nothing is stored in {folder}") from None
    try:
        manifest = json.loads(text)
        if manifest["format"] != FORMAT:
            raise CorruptArtifact(f"{path}: expected format {FORMAT}, found {manifest['format']}")
        checksum = manifest.pop("checksum")
        if checksum != _checksum(manifest):
            raise CorruptArtifact(f"{path}: its content does not fit its checksum")
        if manifest["fingerprint"] != (digest or manifest["fingerprint"]):
            raise CorruptArtifact(f"{path}: it belongs to another fingerprint")
        if not manifest["fingerprint"].startswith(folder.name) and not folder.name.isdecimal():
            raise CorruptArtifact(f"{path}: it belongs to another folder")
        if not well_formed(manifest):
            raise CorruptArtifact(f"{path}: its content is not what a manifest holds")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CorruptArtifact(f"{path}: expected a manifest with a checksum, found none") from None
    return manifest


def _checksum(manifest: Mapping[str, Any]) -> str:
    text = json.dumps(manifest, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _versions() -> dict[str, str]:
    numpy = sys.modules.get("numpy")
    versions = {"python": platform.python_version()}
    return versions | ({"numpy": numpy.__version__} if numpy else {})
