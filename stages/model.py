"""Model: all that turns raw RGB bytes into class probabilities, as one JSON document and back.

    {"format": "cifar-pipeline model", "version": 1, "dataset", "classes", "input",
     "preprocessing", "dtype", "layers": [{"kind", …, "weights", "biases"}, …],
     "training", "evaluation"}

Arrays are little-endian bytes in base64 with their dtype and shape, so parameters are exact to the
bit and a model of a million of them is read in milliseconds. Loading looks names up in fixed
tables, checks every shape and every number, and runs nothing that the file says.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import DataError
from pipeline.files import open_file
from stages import standardize
from stages.fields import is_name, read_field, read_network, read_shape
from stages.neuralnet import Network
from stages.preprocess import SCALES, to_features
from stages.strict import kind, parse_json, require, shown
from stages.tensors import decode_tensor, encode_tensor

FORMAT, VERSION = "cifar-pipeline model", 1
BYTES = 1 << 30  # of a model file; some 200 million parameters


@dataclass(frozen=True)
class Model:
    """A network with everything around it that its predictions depend on.

    `shape` is that of an image: (3, height, width). `color` and `scale` are those of `preprocess`,
    `standardization` is that of `standardize`.
    """

    dataset: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    color: bool
    scale: str
    standardization: np.ndarray
    network: Network
    training: Mapping[str, Any]
    evaluation: Mapping[str, Any]

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """uint8 images (n, 3, height, width) → class probabilities (n, classes).

        Raises `DataError` where the model's numbers are so large that they overflow.
        """
        with np.errstate(all="ignore"):  # told in our own words
            features = to_features(images, color=self.color, scale=self.scale)
            features = standardize.apply(features, self.standardization)
            found = self.network.probabilities(features)
        if not np.isfinite(found).all():
            raise DataError(
                "expected probabilities from the model, found numbers that overflow: its "
                "parameters are too large; train it again, or use another model"
            )
        return found

    def to_document(self) -> dict[str, Any]:
        """The model as a JSON value."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "dataset": self.dataset,
            "classes": list(self.classes),
            "input": {"shape": list(self.shape), "dtype": "uint8", "order": "channel, row, column"},
            "preprocessing": {
                "color": self.color,
                "scale": self.scale,
                "standardization": encode_tensor(self.standardization),
            },
            "dtype": self.network.parameters.dtype.name,
            "layers": [
                {**layer, **{name: encode_tensor(array) for name, array in arrays.items()}}
                for layer, arrays in zip(self.network.layers, self.network.tensors(), strict=True)
            ],
            "training": dict(self.training),
            "evaluation": dict(self.evaluation),
        }


def from_document(document: Any) -> Model:
    """The inverse of `Model.to_document`. Raises `ValueError` on what that does not write."""
    require(isinstance(document, dict), f"expected a model, found {kind(document)}")
    found = document.get("format")
    require(found == FORMAT, f"expected the format {FORMAT!r}, found {shown(found)}")
    version = document.get("version")
    require(
        type(version) is int and version == VERSION,
        f"expected version {VERSION}, found {shown(version)}; a newer program may read it",
    )
    classes, dataset = document.get("classes"), document.get("dataset")
    named = isinstance(classes, list) and bool(classes) and all(map(is_name, classes))
    require(
        named and len(set(classes)) == len(classes),
        f"classes: expected a list of different printable names, found {shown(classes)}",
    )
    require(is_name(dataset), f"dataset: expected a printable name, found {shown(dataset)}")
    shape = read_shape(read_field(document, "input", dict).get("shape"))
    preprocessing = read_field(document, "preprocessing", dict)
    color, scale = preprocessing.get("color"), preprocessing.get("scale")
    require(isinstance(color, bool), f"color: expected true or false, found {shown(color)}")
    known = isinstance(scale, str) and scale in SCALES
    require(known, f"scale: expected {' or '.join(SCALES)}, found {shown(scale)}")
    standardization = decode_tensor(preprocessing.get("standardization"), "standardization")
    network = read_network(document, len(classes))
    inputs = math.prod(shape) if color else math.prod(shape[1:])
    require(
        network.inputs == inputs,
        f"layers: expected {inputs} inputs for images of {shape}, found {network.inputs}",
    )
    found = standardization.dtype, standardization.shape
    require(
        found in ((np.float32, (0, inputs)), (np.float32, (2, inputs))),
        f"standardization: expected float32 (0 or 2, {inputs}), found {found[0]} {found[1]}",
    )
    training, evaluation = (read_field(document, name, dict) for name in ("training", "evaluation"))
    return Model(
        dataset, tuple(classes), shape, color, scale, standardization, network, training, evaluation
    )


def read_model(path: Path) -> Model:
    """Read a model file. Raises `DataError`, in one line, where it holds no valid model."""
    try:
        with open_file(path) as file:
            size = os.fstat(file.fileno()).st_size
            require(size <= BYTES, f"expected at most {BYTES:,} bytes, found {size:,}")
            return from_document(parse_json(file.read().decode("utf-8")))
    except OSError as error:
        raise DataError(f"expected a readable file at {path}: {error.strerror}") from None
    except ValueError as error:
        raise DataError(f"{path}: not a valid model file: {error}") from None
