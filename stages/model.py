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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import DataError
from stages import standardize
from stages.neuralnet import Network
from stages.preprocess import SCALES, to_features
from stages.tensors import decode_tensor, encode_tensor, kind, parse_json, require

FORMAT, VERSION = "cifar-pipeline model", 1
TENSORS = ("weights", "biases")


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
        """uint8 images (n, 3, height, width) → class probabilities (n, classes)."""
        features = to_features(images, color=self.color, scale=self.scale)
        return self.network.probabilities(standardize.apply(features, self.standardization))

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
    require(found == FORMAT, f"expected the format {FORMAT!r}, found {found!r:.60}")
    version = document.get("version")
    require(
        version == VERSION,
        f"expected version {VERSION}, found {version!r:.20}; a newer program may read it",
    )
    classes, dataset = document.get("classes"), document.get("dataset")
    named = isinstance(classes, list) and all(isinstance(name, str) for name in classes)
    require(named, f"classes: expected a list of names, found {classes!r:.60}")
    require(isinstance(dataset, str), f"dataset: expected a name, found {dataset!r:.60}")
    shape = _shape(_field(document, "input", dict).get("shape"))
    preprocessing = _field(document, "preprocessing", dict)
    color, scale = preprocessing.get("color"), preprocessing.get("scale")
    require(isinstance(color, bool), f"color: expected true or false, found {color!r:.60}")
    known = isinstance(scale, str) and scale in SCALES
    require(known, f"scale: expected {' or '.join(SCALES)}, found {scale!r:.60}")
    standardization = decode_tensor(preprocessing.get("standardization"), "standardization")
    network = _network(document, len(classes))
    inputs = math.prod(shape) if color else math.prod(shape[1:])
    require(
        network.inputs == inputs,
        f"layers: expected {inputs} inputs for images of {shape}, found {network.inputs}",
    )
    require(
        standardization.shape in {(0, inputs), (2, inputs)},
        f"standardization: expected shape (0 or 2, {inputs}), found {standardization.shape}",
    )
    training, evaluation = (_field(document, name, dict) for name in ("training", "evaluation"))
    return Model(
        dataset, tuple(classes), shape, color, scale, standardization, network, training, evaluation
    )


def read_model(path: Path) -> Model:
    """Read a model file. Raises `DataError`, in one line, where it holds no valid model."""
    try:
        return from_document(parse_json(path.read_text("utf-8")))
    except OSError as error:
        raise DataError(f"{path}: expected a model file: {error.strerror}") from None
    except ValueError as error:
        raise DataError(f"{path}: not a valid model file: {error}") from None


def _network(document: Mapping[str, Any], classes: int) -> Network:
    plain, found = [], []
    for number, layer in enumerate(_field(document, "layers", list)):
        where = f"layers[{number}]"
        require(isinstance(layer, dict), f"{where}: expected an object, found {kind(layer)}")
        found.append({name: decode_tensor(layer.get(name), f"{where}.{name}") for name in TENSORS})
        plain.append({key: layer[key] for key in layer if key not in TENSORS})
        # Before room is made for so many parameters: a file cannot ask for more than it brings.
        shape, expected = found[-1]["weights"].shape, (layer.get("inputs"), layer.get("outputs"))
        require(shape == expected, f"{where}.weights: expected shape {expected}, found {shape}")
    network = Network.from_layers(plain, dtype=document.get("dtype"))
    require(
        network.outputs == classes,
        f"layers: expected {classes} outputs, one for each class, found {network.outputs}",
    )
    for number, arrays in enumerate(network.tensors()):
        for name, array in arrays.items():
            tensor = found[number][name]
            require(
                (tensor.shape, tensor.dtype) == (array.shape, array.dtype),
                f"layers[{number}].{name}: expected {array.dtype} {array.shape}, "
                f"found {tensor.dtype} {tensor.shape}",
            )
            array[...] = tensor
    return network


def _field(document: Mapping[str, Any], name: str, form: type) -> Any:
    value = document.get(name)
    words = "an object" if form is dict else "an array"
    require(isinstance(value, form), f"{name}: expected {words}, found {kind(value)}")
    return value


def _shape(value: Any) -> tuple[int, int, int]:
    good = isinstance(value, list) and len(value) == 3 and all(type(n) is int for n in value)
    require(
        good and value[0] == 3 and all(0 < n <= 4096 for n in value),
        f"input.shape: expected [3, height, width], found {value!r:.60}",
    )
    return tuple(value)
