"""Model files and images for them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
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
from tests.stages.examples import npy, npz

TEXTS = replace(
    models.model(shape=(1, 1, 3)),
    shape=(3,),
    columns=({"name": "a", "kind": "category", "values": ["x", "y", "z"]},),
)

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
    Case(
        "predict --load m.onnx x.png",
        "error: m.onnx: not a valid model file: expected JSON, as --save writes it, found bytes "
        "that are no text; what `pipeline export` wrote serves other programs, keep model.json too",
        {"m.onnx": b"\x08\xff\xfe", "x.png": b""},
    ),
    Case(
        "predict --load m.json x.npz",
        "error: x.npz: expected one array, or one of them named x, images, features, data, found "
        "a, b; rename the one to predict",
        {"m.json": changed(), "x.npz": npz(a=np.ones((2, 2)), b=np.ones(2))},
    ),
    Case(
        "predict --load m.json x.npy",
        "error: x.npy: <…>: expected pixels with 255 for white, as arrays of bytes have them, "
        "found none above 1, nearly black; bring them to 0 to 255",
        {"m.json": changed(), "x.npy": npy(np.ones((2, 32, 32), np.uint8))},
    ),
    Case(
        "predict --load m.json x.npy",
        "error: x.npy: expected a table (CSV, Parquet), for the model reads texts in column a, "
        "found an array of numbers",
        {"m.json": json.dumps(TEXTS.to_document()).encode(), "x.npy": npy(np.ones((2, 3)))},
    ),
]


@pytest.mark.parametrize("case", MODELS, ids=short)
def test_a_mistake(case, call, tmp_path, monkeypatch):
    check(case, call, tmp_path, monkeypatch)
