"""Remote records: what names a result in a remote, and goes there last (see remote.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.errors import CorruptArtifact
from pipeline.store.files import is_sha256
from pipeline.store.manifest import parse_manifest

Found = tuple[dict[str, Any], dict[str, list[Any]], str]  # manifest, objects by file, its text


def document_of(manifest: str, objects: Mapping[str, list[Any]]) -> bytes:
    """What names a result in a remote: the text of its manifest, [SHA-256, bytes] of each file."""
    return json.dumps({"manifest": manifest, "objects": objects}).encode("ascii")


def parse(data: bytes, digest: str | None, folder: str, path: str) -> Found:
    """Its manifest, its objects, and the manifest's text. Raises `CorruptArtifact`, also where it
    is of another fingerprint than `digest`, or another folder."""
    try:
        document = json.loads(data)
        text, objects = document["manifest"], document["objects"]
        encoded = text.encode("utf-8", "surrogatepass")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CorruptArtifact(f"{path}: expected a manifest and its objects") from None
    if not isinstance(objects, Mapping) or not all(map(_is_object, objects.values())):
        raise CorruptArtifact(f"{path}: expected objects by their SHA-256")
    return parse_manifest(encoded, digest, folder, path), dict(objects), text


def _is_object(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and is_sha256(value[0])
        and (type(value[1]) is int)
    )
