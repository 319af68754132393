"""White: recorded when an array is decoded, and that of other arrays of the same dtype."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import DataError
from pipeline.store.files import identify
from stages.dataset.formats.arrays import examples_in
from stages.dataset.formats.whites import DTYPES, Pixels
from tests.stages import datasets
from tests.stages.examples import decoded, npz

BASE = np.random.default_rng(0).integers(0, 13, (20, 4, 6))
BASE[:2, 0, 0] = 12  # in training and in test
KINDS = np.arange(20) % 2
ARRAYS = {
    "bytes": (BASE.astype(np.uint8), Pixels("uint8", 255)),
    "ints": (BASE, Pixels("int64", 16)),
    "ints to 240": (BASE.astype(np.int32) * 20, Pixels("int32", 255)),
    "16 bits": (BASE.astype(np.uint16) * 5000, Pixels("uint16", 65_535)),
    "big-endian": (BASE.astype(">u2") * 5000, Pixels("uint16", 65_535)),
    "1": (BASE / 12, Pixels("float64", 1)),
    "whole floats": (BASE.astype(np.float32), Pixels("float32", 16)),
    "longdouble": ((BASE / 12).astype(np.longdouble), None),
    "truth values": (BASE > 6, Pixels("bool", 1)),
}


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("darker", [False, True])
def test_the_array_that_trained_and_darker_ones_are_scaled_as_in_training(tmp_path, name, darker):
    pixels, expected = ARRAYS[name]
    path = datasets.write(tmp_path / "a.npz", npz(X=pixels, y=KINDS))
    images, _, record = decoded(identify(path))
    trained = Pixels(**record["pixels"])
    assert trained.dtype in DTYPES
    assert expected in (None, trained)
    found = np.concatenate(list(examples_in(path, trained)))
    order = [int(np.flatnonzero((image == found).all((1, 2, 3)))[0]) for image in images]
    assert sorted(order) == list(range(20))
    if darker:
        dark = found.reshape(20, -1).max(axis=1).argmin()  # one by itself, and black
        for example in (pixels[dark : dark + 1], np.zeros_like(pixels[:1])):
            single = datasets.write(tmp_path / "one.npz", npz(X=example))
            (block,) = examples_in(single, trained)
            assert (block == (found[dark] if example.any() else 0)).all()


@pytest.mark.parametrize("array", [BASE.astype(np.uint16) // 12, BASE.astype(np.uint16) * 300])
def test_whole_numbers_keep_the_white_that_alone_they_would_not_have(tmp_path, array):
    path = datasets.write(tmp_path / "a.npz", npz(X=array))
    (block,) = examples_in(path, Pixels("uint16", 65_535))
    assert (block[:, 0] == np.rint(array / 257)).all()


@pytest.mark.parametrize(
    ("trained", "array", "words"),
    [
        (Pixels("int64", 16), BASE * 2, "pixels up to 16, the white of the int64 that the model"),
        (Pixels("int64", 16), BASE.astype(np.uint8), "as int64; else bring them to 0 to 255"),
        (Pixels("uint8", 255), BASE, "uint8 with 255 for white: where that is theirs, give them"),
        (Pixels("float64", 255), BASE / 12, "none above 1: their white may be 1; if so, give byt"),
        (Pixels("float64", 65_535), BASE * 20.0, "found none above 240: their white may be 255"),
        (Pixels("int64", 255), BASE - 1, "expected pixels from 0 to 1, 255 or 65,535, or whole"),
        (None, BASE, "found none above 12, nearly black; bring them to 0 to 255"),
    ],
)
def test_what_may_have_two_whites_is_refused(tmp_path, trained, array, words):
    path = datasets.write(tmp_path / "a.npz", npz(X=array))
    with pytest.raises(DataError) as caught:
        list(examples_in(path, trained))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("trained", "array", "white"),
    [
        (Pixels("float64", 1), BASE * 20.0, 255),
        (Pixels("float64", 1), (BASE * 20).astype(np.uint8), 255),
        (Pixels("uint8", 255), BASE / 12, 1),
        (Pixels("uint16", 65_535), BASE * 20, 255),
        (Pixels("int64", 16), BASE.astype(np.float32), 16),
    ],
)
def test_another_white_that_is_no_riddle_is_taken(tmp_path, trained, array, white):
    (block,) = examples_in(datasets.write(tmp_path / "a.npz", npz(X=array)), trained)
    assert (block[:, 0] == np.rint(array * (255 / white))).all()


def test_the_record_is_of_training_and_a_table_has_none(tmp_path):
    wide = BASE.astype(np.uint16) * 5000
    pair = {"x_train": wide, "x_test": (wide // 257).astype("u1"), "y_train": KINDS}
    pair["y_test"] = KINDS
    record = decoded(identify(datasets.write(tmp_path / "a.npz", npz(**pair))))[2]
    assert record["pixels"] == {"dtype": "uint16", "white": 65_535}
    table = decoded(identify(datasets.write(tmp_path / "b.npz", npz(X=BASE[:, 0], y=KINDS))))[2]
    assert "pixels" not in table
