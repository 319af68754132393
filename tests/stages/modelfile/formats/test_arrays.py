"""npz: every array of the model, by its name in the document."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from stages.modelfile.formats import arrays
from stages.modelfile.reader import from_document
from stages.modelfile.tensors import encode_tensor
from tests.stages.models import CLASSES, model

VARIANTS = [{}, {"standardized": True, "components": 4, "norm": "batch"}, {"members": 2}]


def exported(**variant) -> np.lib.npyio.NpzFile:
    file = io.BytesIO()
    arrays.write(model(**variant), file)
    file.seek(0)
    return np.load(file)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_all_of_the_model_is_there(variant):
    found = exported(**variant)
    document = json.loads(str(found["model"]))
    for name in set(found.files) - {"model", "classes"}:
        *keys, last = [int(key) if key.isdigit() else key for key in name.split(".")]
        place = document
        for key in keys:
            place = place[key]
        place[last] = encode_tensor(found[name])
    assert from_document(document).to_document() == model(**variant).to_document()
    assert found["classes"].tolist() == list(CLASSES)


def test_the_names():
    names = {f"layers.0.{name}" for name in ("weights", "biases", "gains", "means", "variances")}
    names |= {"layers.1.weights", "layers.1.biases", "model", "classes"}
    names |= {"preprocessing.standardization", "preprocessing.whitening"}
    assert set(exported(norm="batch").files) == names


def test_equal_models_make_equal_files():
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        arrays.write(model(), file)
    assert files[0].getvalue() == files[1].getvalue()
