"""Content digests: equal for equal values, and only for them."""

import hashlib
import mmap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.store import array_digests
from pipeline.store.array_digests import ArrayDigest, digest_array
from pipeline.store.digests import digest_fields, digest_json

DTYPES = ["?", "u1", "i2", ">i2", "f4", ">f4", "f8", "c8", "U2", "S3", "M8[s]", "M8[D]", "m8[s]"]
dtypes = st.sampled_from([*DTYPES, [("a", "u1"), ("b", "<f4", (2,))], "V3"]).map(np.dtype)
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
arrays = st.tuples(dtypes, shapes, st.binary(max_size=9)).map(lambda parts: filled(*parts))


def filled(dtype, shape, pattern: bytes) -> np.ndarray:
    size = dtype.itemsize * int(np.prod(shape))
    data = (pattern * (size + 1))[:size].ljust(size, b"\0")
    if dtype.kind == "?":
        data = bytes(byte & 1 for byte in data)
    if dtype.kind == "U":
        data = bytes(size)
    return np.frombuffer(data, dtype, count=int(np.prod(shape))).reshape(shape)


def identity(array: np.ndarray) -> tuple:
    return str(np.lib.format.dtype_to_descr(array.dtype)), array.shape, array.tobytes()


@given(arrays, arrays)
def test_arrays_have_one_digest_only_where_dtype_shape_and_bytes_are_the_same(one, two):
    assert (digest_array(one) == digest_array(two)) == (identity(one) == identity(two))


@given(arrays, st.integers(1, 3))
def test_rows_that_come_in_blocks(array, size):
    digest = ArrayDigest(array.dtype, array.shape[1:])
    if array.ndim:
        for start in range(0, len(array), size):
            digest.update(array[start : start + size])
        assert digest.hexdigest(len(array)) == digest_array(array)
        if array.nbytes:
            with pytest.raises(ValueError, match=r"expected \d+ bytes of \d+ rows, found \d+"):
                digest.hexdigest(len(array) + 1)
    else:
        digest.update(array)
        assert digest.hexdigest(None) == digest_array(array)


def test_the_digest_does_not_change_from_one_release_to_the_next():
    kind = b'["<f4", [2, 3]]'
    array = np.arange(6, dtype="<f4").reshape(2, 3)
    expected = hashlib.sha256(array.tobytes() + kind + (15).to_bytes(8, "little")).hexdigest()
    assert digest_array(array) == expected


def test_near_collisions():
    array = np.ones((2, 3), "<f4")
    others = [
        array.view("<i4"),
        array.astype(">f4"),
        array.reshape(3, 2),
        array.reshape(6),
        array.reshape(1, 2, 3),
        array.view(np.uint8),
        array[:1],
        np.ones((), "<f4"),
        np.ones(1, "<f4"),
        np.empty((0, 3), "<f4"),
        np.empty((0, 2), "<f4"),
        np.empty((3, 0), "<f4"),
        np.empty((0, 3), "<i4"),
        np.array(-0.0, "<f4"),
        np.array(0.0, "<f4"),
    ]
    assert len({digest_array(one) for one in [array, *others]}) == 1 + len(others)


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a,
        np.asfortranarray,
        lambda a: np.repeat(a, 2, axis=0)[::2],
        lambda a: np.repeat(a, 2, axis=2)[:, :, ::2],
        lambda a: a[::-1].copy()[::-1],
    ],
)
def test_layout_in_memory_does_not_count(monkeypatch, change):
    array = np.arange(7 * 50 * 3, dtype=np.float32).reshape(7, 50, 3)
    expected = digest_array(array)
    for size in (64, 1000, 100_000):
        monkeypatch.setattr(array_digests, "BLOCK", size)
        assert digest_array(change(array)) == expected
        assert digest_array(change(array)[:, 0, 0]) == digest_array(array[:, 0, 0].copy())


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_memory_maps(tmp_path, monkeypatch, mode):
    array = np.arange(100_000, dtype=np.int64).reshape(-1, 10)
    np.save(tmp_path / "a.npy", array)
    mapped = np.load(tmp_path / "a.npy", mmap_mode=mode)
    if mode != "r":
        array[0, 0] = mapped[0, 0] = 5
    released = []
    monkeypatch.setattr(array_digests, "release", lambda m: (released.append(m), real_release(m)))
    monkeypatch.setattr(array_digests, "BLOCK", 1 << 16)
    assert digest_array(mapped) == digest_array(array)
    assert digest_array(mapped[3:]) == digest_array(array[3:])
    assert np.array_equal(mapped, array), "what was written to the map is still there"
    assert released
    assert isinstance(mapped._mmap, mmap.mmap)


real_release = array_digests.release


@pytest.mark.parametrize("dtype", ["O", [("a", "u1"), ("b", "O")]])
def test_objects_are_refused(dtype):
    with pytest.raises(TypeError, match=r"expected a dtype of plain bytes, found"):
        digest_array(np.zeros(1, dtype))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e300])
    | st.sampled_from(["", "1", "1.0", "true", "null", "é", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["", "a", "b"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def frozen(value):
    if isinstance(value, dict):
        return dict, tuple((key, frozen(inner)) for key, inner in value.items())
    return tuple(map(frozen, value)) if isinstance(value, list) else (type(value), repr(value))


@given(json_values, json_values)
def test_json_values_have_one_digest_only_where_they_are_the_same(one, two):
    same = (type(one), frozen(one)) == (type(two), frozen(two))
    assert (digest_json(one) == digest_json(two)) == same


def test_the_order_of_keys_counts_in_values_and_not_in_records():
    one, two = {"a": 1, "b": [{"c": 2, "d": 3}]}, {"b": [{"d": 3, "c": 2}], "a": 1}
    assert digest_json(one) != digest_json(two)
    assert digest_fields(one) == digest_fields(two)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": -float("inf")}])
def test_what_json_does_not_have_is_refused(value):
    with pytest.raises(ValueError, match="JSON compliant"):
        digest_json(value)
