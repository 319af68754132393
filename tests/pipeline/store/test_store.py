"""Store: what is written comes back; variants, strict JSON and space."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.errors import StorageError
from pipeline.store.files import identify
from pipeline.store.manifest import MANIFEST
from pipeline.store.store import Key, Store, is_store
from pipeline.upkeep.verify import verify_results
from tests.pipeline.store.results import FIELDS, KEY, write

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
arrays = hnp.arrays(
    dtype=st.sampled_from(["u1", "<i8", "<f4", "<f8", "?", ">i2"]),
    shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


class TestRoundTrip:
    @given(array=arrays, value=json_values)
    def test_arrays_and_json_come_back_as_they_were(self, tmp_path_factory, array, value):
        store = Store(tmp_path_factory.mktemp("store"))
        write(store, array=array, value=value)
        back = store.load(KEY, "array")
        assert back.dtype == array.dtype
        assert back.shape == array.shape
        assert back.tobytes() == array.tobytes()
        assert store.load(KEY, "value") == value
        assert store.damage(KEY) is None
        assert [reason for _, reason in verify_results(store)] == [None]

    def test_blocks_append_to_one_array(self, store):
        with store.write(KEY, FIELDS) as writer:
            for start in (0, 2, 5):
                writer.append("rows", np.arange(start, start + 2, dtype=np.float32).reshape(2, 1))
        rows = store.load(KEY, "rows")
        assert rows[:, 0].tolist() == [0, 1, 2, 3, 5, 6]
        whole = Key("stage", "cd" * 32)
        write(store, whole, rows=np.array(rows))
        digests = [store.manifest(key)["outputs"]["rows"]["digest"] for key in (KEY, whole)]
        assert digests[0] == digests[1], "the digest is of the content, not of how it was written"

    def test_a_block_that_does_not_fit_is_refused(self, store):
        with pytest.raises(ValueError, match=r"rows.npy: expected blocks of float32 \(1,\)"):
            with store.write(KEY, FIELDS) as writer:
                writer.append("rows", np.zeros((2, 1), np.float32))
                writer.append("rows", np.zeros((2, 1), np.float64))
        assert not list(store.root.glob("stage/*")), "nothing is left behind"

    def test_arrays_are_mapped_and_read_only(self, store):
        write(store, array=np.arange(4))
        array = store.load(KEY, "array")
        assert isinstance(array, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1

    def test_files_are_kept_by_reference(self, store, tmp_path):
        path = tmp_path / "outside.bin"
        path.write_bytes(b"12")
        write(store, archive=identify(path))
        assert store.load(KEY, "archive") == identify(path)
        assert store.damage(KEY) is None
        path.write_bytes(b"3")
        assert "outside.bin has changed" in store.damage(KEY)

    def test_the_manifest_records_what_was_done(self, store):
        write(store, array=np.zeros((2, 3), np.float32))
        manifest = store.manifest(KEY)
        assert manifest["fields"] == FIELDS
        assert manifest["outputs"]["array"]["shape"] == [2, 3]
        assert manifest["versions"]["numpy"] == np.__version__
        assert manifest["seconds"] >= 0


class TestVariants:
    def test_the_last_used_comes_first(self, store):
        keys = [Key("stage", digit * 64) for digit in "123"]
        for number, key in enumerate(keys):
            write(store, key, value=number)
            os.utime(store.folder(key), (number, number))
        assert [m["fingerprint"][0] for m in store.variants("stage")] == ["3", "2", "1"]
        store.touch(keys[0])
        assert store.variants("stage")[0]["fingerprint"] == keys[0].digest
        store.touch(Key("stage", "9" * 64))

    def test_a_damaged_variant_is_passed_over(self, store):
        write(store, value=1)
        (store.folder(KEY) / MANIFEST).write_text("{}")
        assert store.variants("stage") == []
        assert store.variants("never") == []


def test_a_json_value_must_be_strict(store):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write(store, value=float("nan"))
    assert json.dumps(store.variants("stage")) == "[]"


def test_room_is_asked_for_before_anything_is_written(store, monkeypatch):
    store.states.save(KEY, {"weights": np.zeros(1000)}, {"step": 1})
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=10_000))
    arrays = {name: np.zeros(1000) for name in ("weights", "slots")}
    with pytest.raises(StorageError, match=r"expected space for 0\.0 MB, found: 0\.0 MB free; "):
        store.states.save(KEY, arrays, {"step": 2})
    assert store.states.load(KEY)[1] == {"step": 1}
    for value in (np.zeros(2000), "x" * 20_000):
        with pytest.raises(StorageError, match="expected space for"):
            with store.write(KEY, {}) as writer:
                writer.put("out", value)
    assert store.is_absent(KEY)


def test_a_folder_is_known_as_a_stores_from_the_first_plan_on(tmp_path):
    assert not is_store(tmp_path)
    for name in (".lock", ".code.json"):
        made = tmp_path / name[1:]
        made.mkdir()
        (made / name).touch()
        assert is_store(made)
