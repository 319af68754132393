"""npz: all arrays of a model by name, for `numpy.load`.

    arrays = numpy.load("model.npz")
    arrays["layers.0.weights"]                  # (inputs, outputs), of an ensemble (members, …)
    json.loads(str(arrays["model"]))["mirror"]  # the rest of the document

What is a tensor in model.json is an array under its path there, keys and numbers joined by dots;
`classes` is an array of texts, `model` the rest of the document as JSON text. Nothing is pickled.
"""

from __future__ import annotations

import json
from typing import Any, BinaryIO

import numpy as np

from pipeline.store.tables import write_npz
from stages.modelfile.model import Model
from stages.modelfile.tensors import decode_tensor


def write(model: Model, file: BinaryIO) -> dict[str, Any]:
    """Write the model as a zip file of .npy files, not compressed; equal models, equal bytes."""
    arrays = to_arrays(model)
    write_npz(arrays, file)
    return {"arrays": len(arrays)}


def to_arrays(model: Model) -> dict[str, np.ndarray]:
    """All of the model, by the names above."""
    document = model.to_document()
    parts = {"preprocessing.": document["preprocessing"]}
    parts |= {f"layers.{number}.": layer for number, layer in enumerate(document["layers"])}
    tensors = {
        f"{path}{name}": decode_tensor(part.pop(name), name)
        for path, part in parts.items()
        for name in [name for name, value in part.items() if isinstance(value, dict)]
    }
    rest = json.dumps(document, ensure_ascii=False, allow_nan=False)
    return {"model": np.array(rest), "classes": np.array(model.classes), **tensors}
