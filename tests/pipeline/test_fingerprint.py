"""What identifies a result, and how two fingerprints differ, in sentences."""

import itertools
import json
import math
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest

from pipeline.code import CodeIndex
from pipeline.fingerprint import FORMAT, differences, fingerprint_of
from pipeline.stage import Option, stage
from pipeline.store.files import File, Files

OFFSET = 1


@stage(outputs=("sums", "count"))
def add(
    images,
    *,
    scale: Annotated[float, Option("factor")] = 1.0,
    workers: Annotated[int, Option("how many at once", affects_result=False)] = 1,
):
    """Add."""
    return helper(images) * scale


def helper(images):
    return images + OFFSET


@stage(name="add", outputs=("sums",))
def add_less(images, *, scale: Annotated[float, Option("factor")] = 1.0):
    return helper(images) * scale


CODE = CodeIndex()


def of(parameters=None, inputs=None, of_stage=add):
    return fingerprint_of(of_stage, parameters or {"scale": 1.0}, inputs or {"images": "ab"}, CODE)


def test_fields():
    fields = of({"scale": 0.5, "workers": 8}, {"images": "abc"}).fields
    assert fields == {
        "format": FORMAT,
        "stage": "add",
        "outputs": ["count", "sums"],
        "graph": CODE.reached(add.function).graph,
        "code": CODE.reached(add.function).symbols,
        "parameters": {"scale": ["float", "0.5"]},
        "inputs": {"images": "abc"},
    }
    assert {name.rpartition(".")[2] for name in fields["code"]} == {"add", "helper", "OFFSET"}
    assert json.loads(json.dumps(fields, allow_nan=False)) == fields


def test_the_digest_is_of_all_fields():
    assert len(of().digest) == 64
    assert of().digest == of().digest == of({"workers": 3, "scale": 1.0}).digest
    assert of({"a": 1, "b": 2}).digest == of({"b": 2, "a": 1}).digest
    different = [
        of(),
        of({"scale": 2.0}),
        of({"scale": 1.0, "resolved": "x"}),
        of(inputs={"images": "ac"}),
        of(inputs={"pictures": "ab"}),
        of(of_stage=add_less),
    ]
    assert len({one.digest for one in different}) == len(different)


A = Files((File(Path("/x/a"), 1, "0" * 64),))
B = Files((File(Path("/x/a"), 1, "1" * 64),))
VALUES = [
    *(None, False, True, 0, 1, -1, 0.0, -0.0, 1.0, 0.1, math.nan, math.inf, -math.inf, 10**400),
    *("", "1", "1.0", "True", "None", "nan", A.digest(), "(1,)", "é", "\ud800"),
    *((), (1,), (1.0,), (True,), ("1",), (1, 2), ((1,), 2), ((1, 2),), (None,), A, B),
]


def test_values_of_different_type_or_content_differ():
    for one, two in itertools.combinations([of({"scale": value}) for value in VALUES], 2):
        assert one.digest != two.digest
        assert len(differences(one.fields, two.fields)) == 1


def test_equal_values_are_equal():
    moved = Files((File(Path("/elsewhere/a"), 1, "0" * 64),))
    assert of({"scale": A}).digest == of({"scale": moved}).digest
    assert of({"scale": np.float64(0.1)}).digest == of({"scale": 0.1}).digest


@pytest.mark.parametrize("value", [[1], {"a": 1}, b"1", np.int64(1), {1}])
def test_other_types_are_refused(value):
    with pytest.raises(TypeError, match="expected None, bool, int, float, str, tuple or Files"):
        of({"scale": value})


def test_no_difference():
    assert differences(of().fields, json.loads(json.dumps(of().fields))) == []


def test_differences_in_sentences():
    old = {
        "format": 1,
        "stage": "a",
        "outputs": ["x"],
        "code": {"m.f": "1", "m.g": "1", "m.same": "1", "m.old": "1"},
        "parameters": {"lr": ["float", "0.01"], "gone": ["str", "x"], "same": ["int", 1]},
        "inputs": {"features": "1", "labels": "1", "same": "1"},
    }
    new = {
        "format": 2,
        "stage": "b",
        "outputs": ["x", "y"],
        "code": {"m.f": "2", "m.g": "2", "m.same": "1", "m.new": "1"},
        "parameters": {"lr": ["float", "0.02"], "dropout": ["float", "0.1"], "same": ["int", 1]},
        "inputs": {"features": "2", "rows": "1", "same": "1"},
    }
    assert differences(old, new) == [
        "parameter lr: 0.01 → 0.02",
        "parameter dropout: new, 0.1",
        "parameter gone: gone, was 'x'",
        "code m.f changed",
        "code m.g changed",
        "code m.new is now reached",
        "code m.old is no longer reached",
        "input features changed",
        "input rows is new",
        "input labels is gone",
        "outputs x → x, y",
        "stage a → b",
        "format 1 → 2",
    ]
    assert differences({}, {"format": 1}) == ["format None → 1"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1, "1"),
        (True, "True"),
        (None, "None"),
        ("relu", "'relu'"),
        ((512, 256), "(512, 256)"),
        ((512,), "(512,)"),
        ((), "()"),
        (A, f"files {A.digest()[:12]}"),
        (math.nan, "nan"),
    ],
)
def test_values_are_shown_as_python_writes_them(value, shown):
    fields = of({"scale": value}).fields
    assert differences({**fields, "parameters": {}}, fields) == [f"parameter scale: new, {shown}"]
