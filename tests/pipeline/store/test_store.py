"""Store: whole or not there at all, and every flipped bit found."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import resource
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.errors import CorruptArtifact, MissingArtifact, StorageError
from pipeline.store.commit import committing
from pipeline.store.files import identify
from pipeline.store.manifest import MANIFEST, with_checksum
from pipeline.store.store import Key, Store
from pipeline.upkeep.verify import verify_results

KEY = Key("stage", "ab" * 32)
FIELDS = {"format": 1, "stage": "stage"}


def write(store: Store, key: Key = KEY, **values) -> None:
    with store.write(key, FIELDS) as writer:
        for name, value in values.items():
            writer.put(name, value)


def flip(path: Path, position: int, bit: int = 0) -> None:
    """Flip one bit and keep size and time, as a dying disk does."""
    status = path.stat()
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << bit
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


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
    @settings(max_examples=60, deadline=None, derandomize=True)
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


class TestWriting:
    def test_a_failing_writer_leaves_nothing(self, store):
        with pytest.raises(RuntimeError), store.write(KEY, FIELDS) as writer:
            writer.put("array", np.arange(3))
            raise RuntimeError
        assert not list(store.root.glob("stage/*"))
        assert store.is_absent(KEY)

    def test_leftovers_of_the_dead_are_swept(self, store):
        left = store.root / "stage" / f".tmp-{KEY.digest[:32]}-dead"
        left.mkdir(parents=True)
        write(store, array=np.arange(3))
        assert not left.exists()

    @pytest.mark.parametrize(
        ("number", "words"),
        [
            (errno.ENOSPC, "expected room to write"),
            (errno.EDQUOT, "expected room to write"),
            (errno.EROFS, "expected a folder that can be written"),
            (errno.ENOENT, "expected a folder that can be written"),
            (errno.EACCES, "expected a folder that can be written"),
        ],
    )
    def test_the_disk_refuses(self, store, monkeypatch, number, words):
        def refuse(descriptor):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", refuse)
        with pytest.raises(StorageError, match=words):
            write(store, array=np.arange(3))
        monkeypatch.undo()
        assert store.is_absent(KEY)

    def test_another_fault_of_the_disk_stays_what_it_is(self, store, monkeypatch):
        def break_down(descriptor):
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", break_down)
        with pytest.raises(OSError, match="Input/output") as caught:
            write(store, array=np.arange(3))
        assert not isinstance(caught.value, StorageError)

    def test_a_file_in_place_of_the_folder(self, tmp_path):
        (tmp_path / "artifacts").write_text("a file")
        with pytest.raises(StorageError, match="expected a folder that can be written"):
            write(Store(tmp_path / "artifacts"), array=np.arange(3))

    def test_a_size_limit_of_the_process(self, store):
        process = multiprocessing.get_context("spawn").Process(
            target=_write_beyond_limit, args=(store.root,)
        )
        process.start()
        process.join(60)
        assert process.exitcode == 0


def _write_beyond_limit(root: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    with pytest.raises(StorageError, match="expected room to write"):
        write(Store(root), array=np.zeros(10_000))
    assert Store(root).is_absent(KEY)


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


class TestLock:
    def test_the_second_waits_and_is_told_for_whom(self, store):
        told, order = [], []

        def second():
            with store.lock(KEY, told.append):
                order.append("second")

        with store.lock(KEY, told.append):
            thread = threading.Thread(target=second)
            thread.start()
            while not told:
                pass
            order.append("first")
        thread.join(10)
        assert order == ["first", "second"]
        assert told == [f"process {os.getpid()}"]

    def test_a_holder_that_has_not_said_who_it_is(self, store):
        told = []
        thread = threading.Thread(target=_take, args=(store, told))
        with store.lock(KEY, told.append):
            for owner in store.root.glob(".locks/*.lock"):
                owner.write_text("")
            thread.start()
            while not told:
                pass
        thread.join(10)
        assert told == ["another process"]

    def test_a_dead_holder_blocks_nobody(self, store):
        context = multiprocessing.get_context("spawn")
        ready = context.Event()
        process = context.Process(target=_hold, args=(store.root, ready))
        process.start()
        assert ready.wait(60)
        process.kill()
        process.join(10)
        with store.lock(KEY, lambda holder: None):
            pass


def _take(store: Store, told: list[str]) -> None:
    with store.lock(KEY, told.append):
        pass


def _hold(root: Path, ready) -> None:
    with Store(root).lock(KEY, lambda holder: None):
        ready.set()
        threading.Event().wait(60)


class TestState:
    def test_the_newest_whole_state_is_loaded(self, store):
        assert store.states.load(KEY) is None
        for step in (1, 2):
            store.states.save(KEY, {"weights": np.full(3, step)}, {"step": step})
        arrays, record = store.states.load(KEY)
        assert record == {"step": 2}
        assert arrays["weights"].tolist() == [2, 2, 2]
        arrays["weights"][0] = 9  # a copy in memory, not the file
        assert [p.name for p in (store.root / ".state" / str(KEY)).iterdir()] == ["2"]

    def test_a_damaged_state_is_as_good_as_none(self, store):
        store.states.save(KEY, {"weights": np.arange(3)}, {"step": 1})
        flip(store.root / ".state" / str(KEY) / "1" / "weights.npy", 140)
        assert store.states.load(KEY) is None

    def test_an_older_state_stands_in_for_a_damaged_one(self, store, monkeypatch):
        monkeypatch.setattr("pipeline.store.states.shutil.rmtree", lambda *a, **k: None)
        for step in (1, 2):
            store.states.save(KEY, {"weights": np.arange(3)}, {"step": step})
        (store.root / ".state" / str(KEY) / "2" / MANIFEST).write_text("{}")
        assert store.states.load(KEY)[1] == {"step": 1}

    def test_a_state_of_another_form_is_as_good_as_none(self, store):
        with committing(store.root / ".state" / str(KEY) / "1") as writer:
            writer.put("weights", np.arange(3))
            writer.finish(KEY.digest, {})
        assert store.states.load(KEY) is None
        with committing(store.root / ".state" / str(KEY) / "2") as writer:
            writer.put("record", {})
            writer.put("weights", "text")
            writer.finish(KEY.digest, {})
        assert store.states.load(KEY) is None

    def test_a_state_is_dropped(self, store):
        store.states.save(KEY, {}, {"step": 1})
        store.states.drop(KEY)
        assert store.states.load(KEY) is None


def test_a_json_value_must_be_strict(store):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write(store, value=float("nan"))
    assert json.dumps(store.variants("stage")) == "[]"


def test_room_is_asked_for_before_anything_is_written(store, monkeypatch):
    store.states.save(KEY, {"weights": np.zeros(1000)}, {"step": 1})
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=10_000))
    arrays = {name: np.zeros(1000) for name in ("weights", "slots")}
    with pytest.raises(StorageError, match=r"expected room for 0\.0 MB, found: 0\.0 MB free; "):
        store.states.save(KEY, arrays, {"step": 2})
    assert store.states.load(KEY)[1] == {"step": 1}
    for value in (np.zeros(2000), "x" * 20_000):
        with pytest.raises(StorageError, match="expected room for"):
            with store.write(KEY, {}) as writer:
                writer.put("out", value)
    assert store.is_absent(KEY)
