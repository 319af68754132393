"""Images that a caller brings: the right form, or a word on how to get there."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import DataError
from stages.modelfile import load_model
from stages.modelfile.images import expect_images
from tests.stages.models import CLASSES, images, model, save


def test_a_model_is_loaded_by_its_path_and_names_classes(tmp_path):
    path = save(tmp_path / "model.json", model())
    for given in (path, str(path)):
        loaded = load_model(given)
        assert (loaded.probabilities(images()) == model().probabilities(images())).all()
        best = model().probabilities(images()).argmax(axis=1)
        found = loaded.predict(images())
        assert found.tolist() == [CLASSES[number] for number in best]
        assert all(isinstance(name, str) for name in found)


@pytest.mark.parametrize("color", [False, True])
def test_no_images_have_no_probabilities(color):
    assert model(color=color).probabilities(images(0)).shape == (0, 3)
    assert model(color=color).predict(images(0)).shape == (0,)


def test_a_list_of_images_is_as_good_as_an_array():
    listed = model().probabilities(list(images()))
    assert (listed == model().probabilities(images())).all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            images() / 255,
            r"float64 \(5, 3, 2, 3\); give the bytes 0 to 255 of the images, as they",
        ),
        (images()[0], r"uint8 \(3, 2, 3\); give one image as images\[numpy.newaxis\]"),
        (images().transpose(0, 2, 3, 1), r"\(5, 2, 3, 3\); give images.transpose\(0, 3, 1, 2\)"),
        (images(2, (3, 4, 4)), r"uint8 \(2, 3, 4, 4\); resize them to 2 × 3"),
        (images().reshape(5, -1), r"uint8 \(5, 18\); bring them to this form"),
        ("cat.jpg", r"<U7 \(\); bring them to this form"),
        (images().astype(int), r"int64 \(5, 3, 2, 3\); where they are bytes, 0 to 255: images.as"),
    ],
    ids=range(7),
)
def test_other_images_are_refused_with_advice(given, words):
    with pytest.raises(DataError, match=rf"images: expected uint8 \(n, 3, 2, 3\), found .*{words}"):
        model().probabilities(given)


def test_lists_of_several_lengths_are_refused():
    with pytest.raises(DataError, match=r"^images: expected an array of numbers, found none \("):
        model().probabilities([[1], [1, 2]])


def test_rows_of_a_table():
    rows = np.zeros((2, 3))
    assert expect_images(rows, (3,)).dtype == np.float32
    for wrong in (np.zeros(3), np.zeros((2, 4)), np.full((2, 3), np.nan), np.full((2, 3), 1e300)):
        with pytest.raises(DataError, match=r"^rows: expected finite numbers \(n, 3\), the feat"):
            expect_images(wrong, (3,))
    with pytest.raises(DataError, match=r"found <U1 \(1, 3\)"):
        expect_images(np.array([["a"] * 3]), (3,))


COLUMNS = (
    {"name": "size", "kind": "number"},
    {"name": "color", "kind": "category", "values": ["red", "white"]},
)


def test_columns_of_a_frame_are_taken_by_name():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"color": ["white", "red"], "note": ["", None], "size": [1.5, 2]})
    expected = [[1.5, 0, 1], [2, 1, 0]]
    assert expect_images(frame, (3,), COLUMNS).tolist() == expected
    assert expect_images(frame[["size", "color"]], (3,), COLUMNS).tolist() == expected


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"size": [1]}, "trained on once, found 'color' 0 times"),
        ({"size": [1], "color": ["blue"]}, "in column 'color', found 'blue' in row 0"),
        ({"size": ["one"], "color": ["red"]}, "column size: expected a finite number, found one"),
        ({"size": [None], "color": ["red"]}, "found none in column size in line 0"),
    ],
)
def test_frames_that_a_model_cannot_take_are_refused(cells, words):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(cells)
    for given in (frame, frame.convert_dtypes()):
        with pytest.raises(DataError, match=words):
            expect_images(given, (3,), COLUMNS)


def test_names_of_columns_may_be_numbers():
    pandas = pytest.importorskip("pandas")
    columns = tuple({"name": name, "kind": "number"} for name in ("0", "1"))
    frame = pandas.DataFrame(np.array([[1.0, 2.0]]))[[1, 0]]
    assert expect_images(frame, (2,), columns).tolist() == [[1, 2]]
