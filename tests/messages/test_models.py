"""Model files and images for them."""

from __future__ import annotations

import json

import pytest

from tests.messages.case import (
    DATA,
    Case,
    changed,
    check,
    saved,
    short,
    ten_classes,
    too_large,
)
from tests.stages import models

MODELS = [
    Case(
        f"run {DATA} --load none.json",
        "error: expected a readable file at none.json: <…>",
    ),
    Case(
        f"run {DATA} --load ''", "error: --load: expected the path of a model file, found nothing"
    ),
    saved("{", "<…>"),
    saved("[]", "expected a model, found an array"),
    saved('{"a": NaN}', "expected finite numbers, found NaN"),
    saved(
        changed(version=99),
        "expected version 1, 2, 3, 4 or 5, found 99; a newer program may read it",
    ),
    saved(
        changed(input={"shape": [1, 2]}),
        "input.shape: expected [3, height, width], found [1, 2]",
    ),
    Case(
        f"run {DATA} --load m.json --color",
        "error: --load: expected a model of 3072 features, as these images have, found one of "
        "1024; give no --color or --no-color beside --load",
        {"m.json": changed()},
    ),
    Case(
        f"run {DATA} --load m.json",
        "error: --load: expected a model of the form of this dataset, images of 32 × 32 pixels, "
        "found images of 2 × 3 pixels; load a model of this dataset, or bring image files to its "
        "size with --size",
        {"m.json": json.dumps(models.model().to_document())},
    ),
    Case(
        f"run {DATA} --load m.json",
        "error: --load: expected a model of 10 classes, as these images have, found one of 3; load "
        "a model of this dataset",
        {"m.json": changed()},
    ),
    Case(
        f"run {DATA} --load m.json",
        "error: --load: expected a model whose class 0 is 'disk', as these images have it, "
        "found 'a'; load a model of this dataset",
        {"m.json": changed(classes=list("abcdefghij"), layers=ten_classes())},
    ),
    Case(
        f"run {DATA} --load m.json",
        "error: expected a finite validation loss, found <…>: the parameters of the network are "
        "too large; train it again with a smaller --lr, or load another",
        {"m.json": too_large()},
    ),
    Case(
        f"run {DATA} --load m.json --contrast",
        "error: --load: expected contrast false, as the model was trained with, found true; leave "
        "contrast to the model",
        {"m.json": changed(classes=list("abcdefghij"), layers=ten_classes())},
    ),
    saved(changed(mirror="no"), "mirror: expected true or false, found 'no'"),
    Case(
        f"predict {DATA} --load m.json --save-samples 2",
        "error: --save-samples: expected a model of images (3, 32, 32) and of all their classes, "
        "found one of images (3, 32, 32) and 3 classes; load a model of this dataset",
        {"m.json": changed()},
    ),
    Case(
        "predict --load m.json none.png",
        "error: expected a readable file at none.png: <…>",
        {"m.json": changed()},
    ),
    Case(
        "predict --load m.json x.png",
        "error: x.png: expected an image file (PNG, <…>), found none that can be read: <…>",
        {"m.json": changed(), "x.png": b"no image"},
    ),
]


@pytest.mark.parametrize("case", MODELS, ids=short)
def test_a_mistake(case, call, tmp_path, monkeypatch):
    check(case, call, tmp_path, monkeypatch)
