"""Items that stand in the program: JSON gives them back as they are, or they are refused."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np
import pytest

from pipeline import Pipeline, run, stage
from pipeline.errors import GraphError


class Level(enum.IntEnum):
    LOW = 1


class Text(str):
    """A text of its own."""


def shown(one: Any) -> str:
    """What a function can tell apart."""
    return f"{type(one).__name__} {one!r}"


PLAIN = ["a", 1, 1.0, True, None, -0.0, [1, [2]], {"k": [1]}]


def test_plain_values_are_what_they_are(tmp_path):
    mapped = stage(outputs=("out",), over={"one": PLAIN})(shown)
    assert list(run(Pipeline(mapped), store=tmp_path)["out"]) == [shown(one) for one in PLAIN]


@pytest.mark.parametrize(
    ("items", "line"),
    [
        ([(1, 2)], "expected JSON values that come back as they are, found tuple (1, 2); "),
        ([[{"k": [(1,)]}]], "found tuple (1,); write a list"),
        ([Level.LOW], "found Level <Level.LOW: 1>; write it as a text, a number, a list or a dict"),
        ([Text("x")], "found Text 'x'"),
        ([np.float64(1.5)], "found float64"),
        ([{1: "a"}], "expected texts for keys, found 1; write str(key)"),
        ({1: "a"}, "expected texts for keys, found 1; write str(key)"),
    ],
)
def test_values_that_json_makes_others_of_are_refused(items, line):
    """Else a tuple and a list would be one item, and the second get the result of the first."""
    with pytest.raises(GraphError) as caught:
        stage(outputs=("out",), over={"one": items})(shown)
    assert str(caught.value).startswith("stage shown: over one: expected ")
    assert line in str(caught.value)
