"""Records of groups: whether the manifest of a group has the form that the others rely on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact
from pipeline.store.digest_cache import is_sha256
from pipeline.store.manifest import read_manifest


def read_group(folder: Path) -> dict[str, Any]:
    """The manifest of a group. Raises `MissingArtifact`, or `CorruptArtifact` where it is none."""
    return expect_group(read_manifest(folder), str(folder))


def expect_group(manifest: dict[str, Any], path: str) -> dict[str, Any]:
    """The manifest, if it is one of a group. Raises `CorruptArtifact` where it is not."""
    items = manifest.get("items")
    if not isinstance(items, list) or not all(_is_item(one, manifest["outputs"]) for one in items):
        raise CorruptArtifact(f"{path}: its manifest is none of a group of items")
    return manifest


def _is_item(item: Any, stored: Mapping[str, Any]) -> bool:
    if not isinstance(item, dict) or not isinstance(item.get("outputs"), dict):
        return False
    return is_sha256(item.get("fingerprint")) and all(
        _is_value(name, record, stored) for name, record in item["outputs"].items()
    )


def _is_value(name: str, record: Any, stored: Mapping[str, Any]) -> bool:
    if not isinstance(record, dict) or not is_sha256(record.get("digest")):
        return False
    if "entry" in record:
        return stored.get(record["entry"], {}).get("kind") in ("file", "folder")
    offset, size = record.get("offset"), record.get("size")
    pack = stored.get(name, {})
    return (
        record.get("kind") in ("array", "json", "files", "serialized")
        and type(offset) is type(size) is int
        and offset >= 0
        and size >= 0
        and offset + size <= pack.get("size", -1)
        and pack.get("kind") == "pack"
    )
