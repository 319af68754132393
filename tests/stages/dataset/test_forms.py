"""Forms: what examples look like, and whether those of a model are those of a dataset."""

from __future__ import annotations

import pytest

from stages.dataset.formats.whites import Pixels
from stages.dataset.forms import other_white, unlike

NUMBERS = [{"name": f"x{n}", "kind": "number"} for n in range(10)]
RED = [{"name": "c", "kind": "category", "values": ["red", "white"]}]
BLUE = [{"name": "c", "kind": "category", "values": ["blue", "white"]}]


@pytest.mark.parametrize(
    ("dataset", "columns", "shape"),
    [
        ({}, (), (3, 32, 32)),
        ({"shape": [1, 5, 6]}, (), (3, 5, 6)),  # grey levels are the same features
        ({"shape": None, "columns": RED}, tuple(RED), (2,)),
    ],
)
def test_alike(dataset, columns, shape):
    assert unlike(dataset, columns, shape) is None


@pytest.mark.parametrize(
    ("dataset", "columns", "shape", "words"),
    [
        ({"shape": [1, 5, 6]}, (), (1, 6, 5), ("images of 5 × 6 pixels", "images of 6 × 5 pixels")),
        ({}, RED, (2,), ("images of 32 × 32 pixels", "a table with the columns c")),
        ({"shape": None, "columns": RED}, (), (1, 2, 3),
         ("a table with the columns c", "images of 2 × 3 pixels")),
        ({"shape": None, "columns": RED}, BLUE, (2,),
         ("a table with the columns c", "other categories in them")),
        ({"shape": None, "columns": NUMBERS}, RED, (2,),
         ("a table with the columns x0, x1, x2, x3, x4, x5, x6, x7 and 2 more",
          "a table with the columns c")),
    ],
)  # fmt: skip
def test_unlike(dataset, columns, shape, words):
    assert unlike(dataset, columns, shape) == words


@pytest.mark.parametrize(
    ("own", "trained", "words"),
    [
        (
            ("int64", 16),
            ("int64", 255),
            "astype(numpy.uint8) where it is 255, numpy.rint(x * (255 / 16",
        ),
        (("int64", 255), ("int64", 16), "found 255, the first white that none of them exceeds; tr"),
        (("float32", 1), ("float32", 255), "expected float32 pixels with 255 for white, as the mo"),
        (("float32", 255), ("float32", 1), ""),  # brighter fractions are of their own scale
        (("float32", 1), ("uint8", 255), ""),
        (("int64", 16), ("int64", 16), ""),
        (("int64", 16), None, ""),
        (None, ("int64", 16), ""),
    ],
)
def test_whites_that_cannot_both_be_right(own, trained, words):
    dataset = {"pixels": Pixels(*own).record()} if own else {}
    found = other_white(dataset, Pixels(*trained) if trained else None)
    assert words in found
    assert bool(found) == bool(words)
