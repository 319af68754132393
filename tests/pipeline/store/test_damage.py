"""Every flipped bit of a result is found, and distinguished from what is not there."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from pipeline.errors import CorruptArtifact, MissingArtifact
from pipeline.store.files import identify
from pipeline.store.manifest import MANIFEST, with_checksum
from pipeline.store.store import Key
from pipeline.upkeep.verify import verify_results
from tests.pipeline.store.results import KEY, flip, write


class TestDamage:
    def test_every_flipped_bit_is_found(self, store, tmp_path):
        outside = tmp_path / "outside.bin"
        outside.write_bytes(b"1")
        write(
            store, array=np.arange(3, dtype=np.uint8), value={"a": [1, 2.5]}, file=identify(outside)
        )
        for path in [*sorted(store.folder(KEY).iterdir()), outside]:
            for position in range(path.stat().st_size):
                flip(path, position, position % 8)
                assert next(reason for _, reason in verify_results(store)), (path.name, position)
                flip(path, position, position % 8)
        assert [reason for _, reason in verify_results(store)] == [None]

    def test_a_reference_that_is_none_is_damage(self, store):
        write(store, file={"files": "none"})
        path = store.folder(KEY) / MANIFEST
        manifest = json.loads(path.read_text())
        del manifest["checksum"]
        manifest["outputs"]["file"]["kind"] = "files"
        path.write_bytes(with_checksum(manifest))
        assert 'expected {"files"' in store.damage(KEY)
        with pytest.raises(CorruptArtifact, match=r'expected \{"files"'):
            store.load(KEY, "file")

    def test_nothing_is_there_before_the_manifest(self, store):
        write(store, array=np.arange(3))
        (store.folder(KEY) / MANIFEST).unlink()
        assert store.damage(KEY) == "nothing is stored"
        assert not store.is_absent(KEY)

    @pytest.mark.parametrize(
        ("harm", "reason"),
        [
            (lambda p: p.unlink(), "array.npy is missing"),
            (lambda p: p.write_bytes(b"short"), "array.npy has 5 bytes, not 152"),
            (lambda p: p.write_bytes(bytes(152)), "does not hold the bytes that were written"),
        ],
    )
    def test_a_damaged_file_is_named(self, store, harm, reason):
        write(store, array=np.arange(3))
        harm(store.folder(KEY) / "array.npy")
        assert reason in store.damage(KEY)

    def test_a_touched_file_is_read_again_and_trusted(self, store):
        write(store, array=np.arange(3))
        path = store.folder(KEY) / "array.npy"
        before = path.stat().st_mtime_ns
        os.utime(path, ns=(1, 1))
        assert store.damage(KEY) is None
        assert path.stat().st_mtime_ns == before

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "expected a manifest with a checksum"),
            ("[]", "expected a manifest with a checksum"),
            ("{}", "expected a manifest with a checksum"),
            ('{"format": 1, "checksum": ""}', "expected format 2, found 1"),
            ('{"format": 2, "checksum": "x"}', "does not fit its checksum"),
            ("[" * 100_000, "expected a manifest with a checksum"),
        ],
    )
    def test_a_manifest_that_is_none(self, store, text, reason):
        write(store, array=np.arange(3))
        (store.folder(KEY) / MANIFEST).write_text(text)
        assert reason in store.damage(KEY)
        with pytest.raises(CorruptArtifact):
            store.load(KEY, "array")
        assert reason in dict(verify_results(store))[store.folder(KEY)]

    def test_a_result_moved_to_another_key_is_none(self, store):
        write(store, array=np.arange(3))
        other = Key("stage", "cd" * 32)
        store.folder(KEY).rename(store.folder(other))
        assert "another fingerprint" in store.damage(other)
        assert "another folder" in dict(verify_results(store))[store.folder(other)]

    def test_a_changed_header_is_refused_when_read(self, store):
        write(store, array=np.arange(4, dtype=np.int64))
        path = store.folder(KEY) / "array.npy"
        path.write_bytes(path.read_bytes().replace(b"'<i8'", b"'<u8'"))
        with pytest.raises(CorruptArtifact, match="expected another header"):
            store.load(KEY, "array")

    def test_what_was_never_stored_raises(self, store):
        with pytest.raises(MissingArtifact):
            store.load(KEY, "array")
        write(store, array=np.arange(3))
        with pytest.raises(MissingArtifact, match="no output 'other'"):
            store.load(KEY, "other")

    def test_a_damaged_result_is_replaced(self, store):
        write(store, array=np.arange(3))
        (store.folder(KEY) / "array.npy").unlink()
        write(store, array=np.arange(3))
        assert store.damage(KEY) is None
