"""What a stage may not return, and what a disk may not do, each in one line."""

from __future__ import annotations

import errno
import math

import numpy as np
import pytest

from pipeline import Pipeline, run, stage
from pipeline.errors import OutputError, StorageError
from pipeline.fingerprint import differences
from pipeline.store.troubles import storage_errors
from stages.commands.report.of_search import leave


@stage(outputs=("a", "b"))
def no_dict():
    return [1, 2]


@stage(outputs=("a", "b"))
def ragged():
    yield {"a": np.zeros(2), "b": np.zeros(3)}


@stage(outputs=("a",))
def masked():
    return np.ma.masked_array([1, 2], [0, 1])


@stage(outputs=("a",))
def endless():
    found = []
    found.append(found)
    return found


@stage(outputs=("a",))
def deep():
    found = []
    for _ in range(900):
        found = [found]
    return found


@stage(outputs=("a",))
def no_number():
    return {"loss": math.nan}


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (no_dict, "expected a dict of the outputs a, b, found list"),
        (ragged, "expected as many rows of each output in a block, found "),
        (masked, "output 'a': expected what comes back as it is, found MaskedArray; "),
        (endless, "output 'a': expected JSON of at most 200 levels, found more, or one that"),
        (deep, "output 'a': expected JSON of at most 200 levels, found more, or one that"),
        (no_number, "output 'a': expected JSON, which has no "),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_would_not_come_back_is_refused_by_name(tmp_path, one, words):
    with pytest.raises(OutputError) as caught:
        run(Pipeline(one), store=tmp_path)
    assert words in str(caught.value)
    assert not list(tmp_path.glob("*/*/manifest.json"))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EMFILE, "expected to be let write, found: "),
        (errno.EXDEV, "expected a file system that can do it, found: "),
    ],
)
def test_what_a_system_refuses_is_one_line(tmp_path, number, words):
    with pytest.raises(StorageError) as caught, storage_errors(tmp_path):
        raise OSError(number, "as it says")
    assert f"{tmp_path}: {words}as it says" in str(caught.value)


def test_a_search_without_trials_has_no_picture(tmp_path):
    document = {"trials": [], "dataset": "d", "seeds": [0], "rounds": [], "best": None}
    said = []
    assert leave(document, None, str(tmp_path / "a.svg"), said.append) == ""
    assert said == ["--plot: expected two trials or more that differ and did not fail, found fewer"]
    assert list(tmp_path.iterdir()) == []


def test_other_definitions_under_the_same_names_are_a_difference():
    old, new = ({"code": {"m.f": "1"}, "graph": graph} for graph in ("a", "b"))
    words = "code refers to other definitions under the same names"
    assert differences(old, new) == [words]
