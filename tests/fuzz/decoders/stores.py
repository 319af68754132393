"""Results in the artifacts folder: manifests and arrays."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from pipeline.errors import CorruptArtifact, MissingArtifact
from pipeline.fingerprint import differences
from pipeline.store.files import identify
from pipeline.store.manifest import MANIFEST, with_checksum
from pipeline.store.store import Key, Store
from pipeline.upkeep.gc import plan_removals
from pipeline.upkeep.verify import verify_results
from tests.fuzz.decoders import Decoder
from tests.fuzz.mutate import NUMBERS, damaged, damaged_json, json_bytes

KEY = Key("stage", hashlib.sha256(b"a result").hexdigest())
TIME = 1_700_000_000_000_000_000
FIELDS = {
    "format": 1,
    "stage": "stage",
    "outputs": ["numbers", "record", "source"],
    "code": {"module.function": "0123456789abcdef"},
    "parameters": {
        "seed": ["int", 1],
        "hidden": ["tuple", [["int", 2]]],
        "lr": ["float", "0.0625"],
        "whiten": ["str", "pca"],
        "mirror": ["bool", True],
        "beta2": ["none", None],
        "source": ["files", "00" * 32],
    },
    "inputs": {"images": "00" * 32},
}
DECLARED = (CorruptArtifact, MissingArtifact)
DTYPES = ("O", "<f4", ">f8", "|V3", "M8[ns]", "<U4", "S1000000", "f4,i4", "bogus", "(2,)f4")


@functools.cache
def _result() -> tuple[str, dict[str, bytes]]:
    """A whole result: its manifest without the checksum, as JSON, and its files by name."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        with store.write(KEY, FIELDS) as writer:
            writer.put("numbers", np.arange(6, dtype=np.float32).reshape(2, 3))
            writer.put("record", {"name": "a", "list": [1, 2.5, None]})
            writer.put("source", identify(Path(__file__)))
        return take(store.folder(KEY))


def take(folder: Path) -> tuple[str, dict[str, bytes]]:
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    manifest = json.loads(files.pop(MANIFEST))
    del manifest["checksum"]
    for output in manifest["outputs"].values():
        output["mtime_ns"] = TIME
    return json.dumps(manifest), files


def checked(rng: Random, manifest: Any) -> bytes:
    """A manifest that says of itself that it is whole, where it is one at all."""
    try:
        return with_checksum(manifest)
    except (TypeError, ValueError):
        return json_bytes(rng, manifest)


def make_result(rng: Random, template: Any = _result) -> dict[str, bytes]:
    """The files of a result, the manifest among them, most of them as they should be."""
    text, files = template()
    files, manifest = dict(files), json.loads(text)
    way = rng.random()
    if way < 0.5:
        manifest["outputs"] = damaged_json(rng, manifest["outputs"])
    elif way < 0.8:
        manifest = damaged_json(rng, manifest)
    if rng.random() < 0.2:
        name = rng.choice(sorted(files))
        files[name] = damaged(rng, files[name])
        with suppress(KeyError, TypeError, AttributeError):
            for output in manifest["outputs"].values():
                if output["file"] == name:
                    output["size"] = len(files[name])
    if rng.random() < 0.1:
        del files[rng.choice(sorted(files))]
    write = checked if rng.random() < 0.85 else json_bytes
    files[MANIFEST] = write(rng, manifest)
    return files


def make_array(rng: Random) -> dict[str, bytes]:
    """A result whose manifest fits, or nearly, an .npy file that may be anything."""
    text, files = _result()
    files, manifest = dict(files), json.loads(text)
    record = manifest["outputs"]["numbers"]
    data = files["numbers.npy"]
    if rng.random() < 0.5:  # an unusual array, whose manifest and header agree
        record["dtype"] = rng.choice(
            (*DTYPES, [["a", "<f4"]], [["a", "O"], ["b", "<i2", [2]]], "|u1")
        )
        record["shape"] = [rng.choice((*NUMBERS[:6], 2**31, 2**62, 2**64, -1)) for _ in range(2)]
        buffer = io.BytesIO()
        header = {"descr": record["dtype"], "fortran_order": False, "shape": tuple(record["shape"])}
        np.lib.format.write_array_header_1_0(buffer, header)
        data = buffer.getvalue() + rng.randbytes(rng.choice((0, 1, 24, 24)))
        if rng.random() < 0.3:
            record["shape"] = rng.choice(([], [2], [2, 3], [2] * 40, [True, False]))
    data = damaged(rng, data) if rng.random() < 0.6 else data
    if rng.random() < 0.05:
        data = rng.choice((b"", b"PK\x03\x04" + data, b"\x80\x04N.", b"\x93NUMPY\x09\0"))
    files["numbers.npy"] = data
    record["size"] = len(data)
    files[MANIFEST] = with_checksum(manifest)
    return files


def read_result(files: dict[str, bytes], folder: Path) -> bool:
    """All that looks at a stored result. What `verify` finds whole can be loaded."""
    store = Store(folder / "artifacts")
    place = store.folder(KEY)
    write_files(place, files)
    try:
        damage = store.damage(KEY)
        for variant in store.variants(KEY.stage):
            differences(variant["fields"], FIELDS)
        plan_removals(store, [KEY])
        whole = all(reason is None for _, reason in verify_results(store))
        outputs = ()
        with suppress(*DECLARED):
            outputs = store.manifest(KEY)["outputs"]
        for name in outputs:
            try:
                store.load(KEY, name)
            except DECLARED:
                assert not whole, f"verified, yet {name} cannot be loaded"
    finally:
        clear(place)
    return damage is None


def write_files(place: Path, files: dict[str, bytes]) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = place / name
        path.write_bytes(data)
        os.utime(path, ns=(TIME, TIME))


def clear(place: Path) -> None:
    for path in place.iterdir():
        path.unlink()
    place.rmdir()


DECODERS = {
    "manifest": Decoder(make_result, read_result, 110, ()),
    "array": Decoder(make_array, read_result, 90, ()),
}
