"""Array files: read back only as what the manifest says, to the byte of the header."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.store.array_digests import digest_array
from pipeline.store.arrays import ArrayFile, array_digest, form_of, map_array

STRUCTURED = np.dtype([("a", "<f4"), ("b", [("c", ">i2", (2,)), ("d", "u1")])])


def stored(path, array: np.ndarray) -> dict:
    file = ArrayFile(path, array.dtype, array.shape[1:])
    file.append(array)
    record = file.finish(array.ndim)
    file.close()
    return record


@given(
    array=hnp.arrays(
        st.sampled_from(["u1", "<f4", ">f8", "?", "<c8", "<U3", "S4", "<M8[ns]"]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    )
)
def test_an_array_comes_back(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("a") / "a.npy"
    record = stored(path, array)
    found = map_array(path, *form_of(record))
    assert found.tobytes() == array.tobytes()
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert not found.flags.writeable
    assert array_digest(path, *form_of(record)) == record["digest"] == digest_array(array)
    assert np.load(path, allow_pickle=False).tobytes() == array.tobytes()


def test_a_structured_array_comes_back(tmp_path):
    import json

    array = np.zeros(3, STRUCTURED)
    array["a"] = 1.5
    record = json.loads(json.dumps(stored(tmp_path / "a.npy", array)))
    dtype, shape = form_of(record)
    assert (dtype, shape) == (STRUCTURED, (3,))
    assert (map_array(tmp_path / "a.npy", dtype, shape) == array).all()


@pytest.mark.parametrize(
    "dtype",
    [
        *("O", "bogus", "V0", "", "f4,,", "(", ["<f4"], [[]], [["a"]], [["a", 5]], [["a", "O"]]),
        *([[["a"], "<f4"]], [["a", "<f4", 5]], [["a", "<f4", ["x"]]], [["a", "<f4"], ["a", "<f4"]]),
    ],
)
def test_what_is_no_dtype_of_plain_bytes_is_refused(dtype):
    with pytest.raises(ValueError, match="expected the dtype of an array"):
        form_of({"dtype": dtype, "shape": [1]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:-1], "expected 24 bytes of data"),
        (lambda data: data + b"\0", "expected 24 bytes of data"),
        (lambda data: data[:20], "expected another header"),
        (lambda data: b"", "expected another header"),
        (lambda data: data.replace(b"<f4", b"<i4"), "expected another header"),
        (lambda data: data.replace(b"(2, 3)", b"(3, 2)"), "expected another header"),
        (lambda data: b"PK\3\4" + data[4:], "expected another header"),
        (lambda data: pickle.dumps(data), "expected another header"),
    ],
)
def test_another_file_is_refused(tmp_path, change, message):
    path = tmp_path / "a.npy"
    record = stored(path, np.ones((2, 3), np.float32))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=message):
        map_array(path, *form_of(record))


def test_no_space_is_asked_for_that_the_file_does_not_bring(tmp_path):
    record = stored(tmp_path / "a.npy", np.ones((2, 3), np.float32))
    for shape in ([2**62, 2**62], [2**63 - 1], [2**40, 0, 2**40]):
        with pytest.raises(ValueError, match="expected another header"):
            map_array(tmp_path / "a.npy", *form_of({**record, "shape": shape}))


def test_writes_may_take_less_than_they_are_given(tmp_path, monkeypatch):
    class Sipping(io.FileIO):
        def write(self, data):
            return super().write(bytes(data)[:7])

    monkeypatch.setattr("builtins.open", lambda path, mode, buffering: Sipping(path, mode))
    record = stored(tmp_path / "a.npy", np.arange(6.0))
    monkeypatch.undo()
    assert map_array(tmp_path / "a.npy", *form_of(record)).tolist() == list(range(6))


def test_there_is_no_header_before_the_end(tmp_path):
    file = ArrayFile(tmp_path / "a.npy", np.dtype("f8"), ())
    file.append(np.arange(6.0))
    file.close()
    with pytest.raises(ValueError, match="pickle"):  # NumPy for: no header
        np.load(tmp_path / "a.npy")
