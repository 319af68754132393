"""Records: a manifest of another form is damage, whoever wrote it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from pipeline.errors import CorruptArtifact
from pipeline.store.files import identify
from pipeline.store.manifest import MANIFEST, read_manifest, with_checksum
from pipeline.store.records import well_formed
from pipeline.store.store import Key, Store

KEY = Key("stage", "ab" * 32)
FIELDS = {
    "format": 1,
    "stage": "stage",
    "outputs": ["array", "record", "source"],
    "code": {"m.f": "00"},
    "parameters": {
        "none": ["none", None],
        "deep": ["tuple", [["int", 1], ["tuple", []], ["float", "0.5"]]],
        "files": ["files", "00"],
        "text": ["str", "a"],
    },
    "inputs": {"images": "00"},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    folder = tmp_path_factory.mktemp("records")
    store = Store(folder / "artifacts")
    (folder / "file").write_text("1")
    with store.write(KEY, FIELDS) as writer:
        writer.put("array", np.ones((2, 3), np.float32))
        writer.put("record", {"a": 1})
        writer.put("source", identify(folder / "file"))
        writer.notes["figure"] = 1
    return store


def changed(manifest: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    manifest = copy.deepcopy(manifest)
    *keys, last = path.split(".")
    place = manifest
    for key in keys:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return manifest


def test_what_the_store_writes_is_well_formed(store):
    assert well_formed(store.manifest(KEY))
    assert well_formed({**store.manifest(KEY), "fields": {}, "outputs": {}})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("fields", []),
        ("fields.stage", [True]),
        ("fields.format", [None]),
        ("fields.outputs", "text"),
        ("fields.outputs", [1]),
        ("fields.code", [1]),
        ("fields.code.m", 1),
        ("fields.inputs", "text"),
        ("fields.inputs.images", None),
        ("fields.parameters", [["int", 1]]),
        ("fields.parameters.none", "none"),
        ("fields.parameters.none", ["none"]),
        ("fields.parameters.none", ["other", 1]),
        ("fields.parameters.none", [["int"], 1]),
        ("fields.parameters.files", ["files", 5]),
        ("fields.parameters.text", ["float", 0.5]),
        ("fields.parameters.deep", ["tuple", 1]),
        ("fields.parameters.deep", ["tuple", [1]]),
        ("seconds", "1"),
        ("notes", []),
        ("written", ...),
        ("outputs", []),
        ("outputs.array", None),
        ("outputs.../x", {}),
        ("outputs.array.kind", "pickle"),
        ("outputs.array.kind", ["array"]),
        ("outputs.array.kind", ...),
        ("outputs.array.file", "../array.npy"),
        ("outputs.array.file", "/etc/passwd"),
        ("outputs.array.file", "record.json"),
        ("outputs.array.file", 5),
        ("outputs.array.digest", "../.."),
        ("outputs.array.size", -1),
        ("outputs.array.size", 1.5),
        ("outputs.array.size", True),
        ("outputs.array.mtime_ns", 10**30),
        ("outputs.array.mtime_ns", None),
        ("outputs.array.dtype", 5),
        ("outputs.array.shape", 6),
        ("outputs.array.shape", [2, -3]),
        ("outputs.array.shape", [True]),
        ("outputs.array.shape", [2**64]),
        ("outputs.record.sha256", None),
    ],
)
def test_a_sealed_manifest_of_another_form_is_damage(store, tmp_path, path, value):
    manifest = store.manifest(KEY)
    if path.startswith("outputs..."):
        manifest["outputs"]["../x"] = {**manifest["outputs"]["array"], "file": "../x.npy"}
    else:
        manifest = changed(manifest, path, value)
    folder = tmp_path / store.folder(KEY).name
    folder.mkdir()
    (folder / MANIFEST).write_bytes(with_checksum(manifest))
    with pytest.raises(CorruptArtifact, match="its content is not what a manifest holds"):
        read_manifest(folder)


def test_a_manifest_without_outputs_or_of_no_object_is_damage(tmp_path):
    folder = tmp_path / "ab"
    folder.mkdir()
    for text in ("[]", "5", '{"checksum": 1}', '{"format": 1, "checksum": ""}', "[" * 100_000):
        (folder / MANIFEST).write_text(text)
        with pytest.raises(CorruptArtifact):
            read_manifest(folder)
