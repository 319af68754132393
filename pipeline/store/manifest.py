"""The manifest: the record beside a result that says what it is and that it is whole.

It is written last, so its presence means that everything else was written before; and it has a
checksum of its own content, so a flipped bit in it is found like one in any other file.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact, MissingArtifact
from pipeline.store.durable import replacing, write_durably
from pipeline.store.numerics import versions_of
from pipeline.store.records import well_formed

MANIFEST = "manifest.json"
FORMAT = 2
CHECKSUM = b',\n "checksum": "'  # begins the last entry


def write_manifest(
    folder: Path,
    digest: str,
    fields: Mapping[str, Any],
    outputs: Mapping[str, Any],
    seconds: float,
    notes: Mapping[str, Any],
    root: str = "",
    observed: Mapping[str, Any] | None = None,
    items: Sequence[Mapping[str, Any]] = (),
    made_with: Collection[str] = (),
) -> None:
    """Record the outputs of a computation, what identifies it, and where and how long it ran.

    `notes` are figures of the stage's own, such as the seconds of each epoch. `root` says why a
    result is kept though no other needs it: it is the "final" one of its flow, the "target" of a
    run, or a training of a "search"; "" where it was made for others only. `observed` is what the
    stage was seen to depend on (code/trace.py). `items` are those of a group (groups.py).
    `made_with` are libraries that the stage computes with, beside NumPy (numerics.py).
    """
    manifest = {
        "format": FORMAT,
        "fingerprint": digest,
        "fields": fields,
        "outputs": outputs,
        "seconds": round(seconds, 6),
        "notes": notes,
        "root": root,
        **({"observed": observed} if observed else {}),
        **({"items": items} if items else {}),
        "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": versions_of(made_with),
        "machine": f"{os.uname().machine} {os.uname().sysname}, {os.cpu_count()} cores",
    }
    write_durably(folder / MANIFEST, with_checksum(manifest))


def drop_outputs(folder: Path, names: Iterable[str]) -> None:
    """Delete outputs of a result and keep its record, which says so from then on."""
    manifest = read_manifest(folder)
    for name in names:
        manifest["outputs"][name]["dropped"] = True
    with replacing(folder / MANIFEST) as file:
        file.write(with_checksum(manifest))
    for name in names:
        (folder / manifest["outputs"][name]["file"]).unlink(missing_ok=True)


def is_newer(folder: Path) -> bool:
    """Whether a manifest is of a newer version of this program, which knows what it needs."""
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        return bool(json.loads((folder / MANIFEST).read_bytes())["format"] > FORMAT)
    return False


def with_checksum(manifest: Mapping[str, Any]) -> bytes:
    """The text of a manifest, a JSON object whose last entry is the SHA-256 of all before it."""
    text = json.dumps(manifest, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")
    body = text.rstrip(b"}").rstrip()
    return body + CHECKSUM + hashlib.sha256(body).hexdigest().encode() + b'"\n}'


def read_manifest(folder: Path, digest: str | None = None) -> dict[str, Any]:
    """The manifest in `folder`.

    Raises `MissingArtifact` where there is none, `CorruptArtifact` where it is damaged, of another
    format, or of another fingerprint than `digest`.
    """
    path = f"{folder}/{MANIFEST}"
    try:
        with open(path, "rb") as file:
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        raise MissingArtifact(f"nothing is stored in {folder}") from None
    except OSError as error:
        error.filename = path  # an error of reading has none
        raise
    return parse_manifest(text, digest, folder.name, path)


def parse_manifest(text: bytes, digest: str | None, name: str, path: str) -> dict[str, Any]:
    """The manifest that `text` is, of the folder `name`; `path` is where it comes from, for errors.

    Raises `CorruptArtifact` like `read_manifest`.
    """
    try:
        manifest: dict[str, Any] = json.loads(text.decode("utf-8", "surrogatepass"))
        if manifest["format"] != FORMAT:
            raise CorruptArtifact(f"{path}: expected format {FORMAT}, found {manifest['format']}")
        body, _, checksum = text.rpartition(CHECKSUM)
        if manifest.pop("checksum") != checksum[:64].decode() or (
            hashlib.sha256(body).hexdigest().encode() != checksum[:64]
        ):
            raise CorruptArtifact(f"{path}: its content does not fit its checksum")
        if manifest["fingerprint"] != (digest or manifest["fingerprint"]):
            raise CorruptArtifact(f"{path}: it belongs to another fingerprint")
        if not manifest["fingerprint"].startswith(name) and not name.isdecimal():
            raise CorruptArtifact(f"{path}: it belongs to another folder")
        if not well_formed(manifest):
            raise CorruptArtifact(f"{path}: its content is not what a manifest holds")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CorruptArtifact(f"{path}: expected a manifest with a checksum, found none") from None
    return manifest
