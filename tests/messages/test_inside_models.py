"""What is wrong inside a model file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.messages.case import (
    DATA,
    check,
    saved,
    short,
)
from tests.stages import models


def spoilt(value: Any, *place: str | int) -> str:
    """A model file that holds `value` in one place."""
    document = models.model(shape=(3, 32, 32)).to_document()
    part = document
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return json.dumps(document)


def tensor(text: str = "", *shape: int, dtype: str = "float32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "base64": text}


FIRST = ("layers", 0, "weights")

MODELS = [
    saved(spoilt("x", "format"), "expected the format 'cifar-pipeline model', found 'x'"),
    saved(
        spoilt(["a", "a"], "classes"),
        "classes: expected a list of different printable names, found ['a', 'a']",
    ),
    saved(spoilt("a\n", "dataset"), "dataset: expected a printable name, found 'a\\n'"),
    saved(spoilt(1, "input"), "input: expected an object, found a number"),
    saved(spoilt("x", "preprocessing", "scale"), "scale: expected unit or <…>, found 'x'"),
    saved(spoilt([{}] * 2000, "layers"), "layers: expected at most 1000, found 2000"),
    saved(spoilt([1], "layers"), "layers[0]: expected an object, found a number"),
    saved(spoilt(5, "layers", 0, "inputs"), "layers[0].weights: expected shape (5, 4), found <…>"),
    saved(spoilt(["a", "b"], "classes"), "layers: expected 2 outputs, one for each class, found 3"),
    saved(
        spoilt([3, 16, 16], "input", "shape"),
        "layers: expected 256 inputs for these images, found 1024",
    ),
    saved(
        spoilt(tensor("", 0, 3), "preprocessing", "standardization"),
        "standardization: expected float32 (0 or 2, 1024), found float32 (0, 3)",
    ),
    saved(
        spoilt(tensor("", 0, 3), "preprocessing", "whitening"),
        "whitening: expected float32 (0, 1024) or (1025, 1024), found float32 (0, 3)",
    ),
    saved(
        spoilt(tensor("AAAAAA==", 1), "layers", 0, "means"),
        "layers[0]: expected the tensors weights, biases, found biases, means, weights",
    ),
    saved(
        spoilt(tensor("AAAAAA==", 1), "layers", 0, "biases"),
        "layers[0].biases: expected float32 (4,), found float32 (1,)",
    ),
    saved(spoilt(1, *FIRST), "layers[0].weights: expected a tensor, found a number"),
    saved(
        spoilt(tensor(dtype="int8"), *FIRST),
        "layers[0].weights: expected dtype <…>, found 'int8'",
    ),
    saved(spoilt(tensor("", -1), *FIRST), "layers[0].weights: expected a shape, found [-1]"),
    saved(
        spoilt({**tensor(), "base64": 1}, *FIRST),
        "layers[0].weights: expected base64 text, found a number",
    ),
    saved(
        spoilt(tensor("?"), *FIRST),
        "layers[0].weights: expected base64 text, found other characters",
    ),
    saved(
        spoilt(tensor("", 2, 2), *FIRST),
        "layers[0].weights: expected 16 bytes for shape [2, 2], found 0",
    ),
    saved(
        spoilt(tensor("AADAfw==", 1), *FIRST),
        "layers[0].weights: expected finite numbers, found NaN or Inf",
    ),
    saved("[" * 60 + "]" * 60, "expected JSON, found brackets nested too deeply"),
    saved("[" * 100_000, "expected JSON, found brackets nested too deeply"),
    saved("[" + "1," * 1_000_000, "expected at most 1,000,000 values, found about 1,000,001"),
    saved('{"a": 1, "a": 2}', "expected each key once, found 'a' twice"),
    saved('"\\ud800"', "expected Unicode text, found half a character in '\\ud800'"),
    saved("1e999", "expected finite numbers, found 1e999"),
]

LARGE = (
    "error: m.json: not a valid model file: expected at most 1,073,741,824 bytes, found "
    "1,073,741,825"
)


def test_a_model_file_that_is_too_large(call, tmp_path):
    with open(tmp_path / "m.json", "wb") as file:
        file.truncate((1 << 30) + 1)
    assert call(f"run {DATA} --load m.json") == (2, LARGE)


@pytest.mark.parametrize("case", MODELS, ids=short)
def test_a_mistake(case, call, tmp_path, monkeypatch):
    check(case, call, tmp_path, monkeypatch)
