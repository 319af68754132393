"""Documents of models with one field changed, and tensors to change it to."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from stages.modelfile.model import Model
from stages.modelfile.tensors import encode_tensor
from tests.stages.models import model


def changed(path: str, value: Any, whole: Model | None = None) -> dict[str, Any]:
    """A valid document but for one field; its path is keys and numbers joined by dots."""
    document = copy.deepcopy((whole or model()).to_document())
    *keys, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    place: Any = document
    for key in keys:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document


def vector(*numbers: float, dtype: str = "float32") -> dict[str, Any]:
    return encode_tensor(np.array(numbers, dtype))


def matrix(*shape: int, dtype: str = "float32") -> dict[str, Any]:
    return encode_tensor(np.zeros(shape, dtype))
