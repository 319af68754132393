"""What a stage may return, and what is refused by the name of the output."""

import datetime
import math

import numpy as np
import pytest

from pipeline.errors import OutputError
from pipeline.store.outputs import check_blocks, check_value, copied


@pytest.mark.parametrize(
    "value",
    [
        np.ones(3),
        np.float32(1) * np.ones(()),
        {"a": [1, 2.5, "x", True, None]},
        [],
        "text",
        np.float64(0.5),
    ],
)
def test_what_comes_back_as_it_is(value):
    check_value("out", value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "found NoneType; return what the stage has made"),
        ((1, 2), "found tuple; return a list"),
        ({"a": {"b": (1,)}}, r"found tuple at \['a'\]\['b'\]; return a list"),
        ({1: "a"}, r"expected texts for keys, found 1 \(int\); write str\(key\)"),
        ([1.0, math.nan], r"JSON, which has no nan at \[1\]"),
        ({"a": math.inf}, "which has no inf"),
        (np.ma.array([1.0], mask=[1]), "found MaskedArray; return its data and its mask"),
        (np.ones((1, 1)).view(np.matrix), "found matrix"),
        (np.rec.array([(1,)], dtype=[("a", int)]), "found recarray"),
        (np.array([None]), r"an array of numbers or texts, found one of Python objects \(object"),
        (np.zeros(1, [("a", "O")]), "found one of Python objects"),
        (np.float32(1), r"found float32; write \.item\(\)"),
        ({"a": np.int64(1)}, r"found int64 at \['a'\]; write \.item\(\)"),
        ({"a"}, "found set; return a sorted list"),
        (datetime.date(2020, 1, 1), "found date; return an array, a JSON value, bytes, a path or"),
    ],
)
def test_what_would_come_back_as_something_else_is_refused(value, words):
    with pytest.raises(OutputError, match=f"output 'out': .*{words}"):
        check_value("out", value)


def test_json_inside_itself_is_refused():
    value = []
    value.append(value)
    with pytest.raises(OutputError, match="found more, or one that is inside itself"):
        check_value("out", value)


def test_blocks_of_several_outputs_fit_each_other():
    two = {"a": np.ones((2, 3)), "b": np.zeros(2)}
    names = check_blocks(two, None)
    assert check_blocks(two, names) == names == ("a", "b")
    with pytest.raises(OutputError, match="as many rows of each output in a block, found 2 of a"):
        check_blocks({"a": np.ones(2), "b": np.ones(3)}, names)
    with pytest.raises(OutputError, match="expected a block of a, b each time, found one of a"):
        check_blocks({"a": np.ones(2)}, names)
    with pytest.raises(OutputError, match="output 'a': expected blocks of rows, found list"):
        check_blocks({"a": [1]}, None)
    with pytest.raises(OutputError, match=r"output 'a': .* found MaskedArray"):
        check_blocks({"a": np.ma.ones(1)}, None)


def test_a_copy_is_independent():
    block = np.zeros(2)
    found = copied({"a": block, "b": "text"})
    block += 1
    assert found["a"].tolist() == [0, 0]
    assert found["b"] == "text"
