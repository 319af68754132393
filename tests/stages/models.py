"""Small models for the tests: of 2 × 3 pixels, three classes and known parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from stages.modelfile.model import Model
from stages.neuralnet import Network

CLASSES = ("cat", "dog", "truck")
SHAPE = (3, 2, 3)


def model(
    *,
    color: bool = False,
    scale: str = "unit",
    contrast: bool = False,
    storage: str = "float32",
    standardized: bool = False,
    components: int = 0,
    tta: bool = False,
    norm: str = "none",
    hidden: tuple[int, ...] = (4,),
    dtype: str = "float32",
    members: int = 1,
    activation: str = "relu",
    dropout: float = 0.0,
    classes: tuple[str, ...] = CLASSES,
    shape: tuple[int, int, int] = SHAPE,
    local: tuple[tuple[int, int, int], ...] = (),
    **record: Any,
) -> Model:
    """A model of random parameters; `components` of whitening, 0: none, with `local` of patches."""
    seen = shape if color else (1, *shape[1:])
    inputs = int(np.prod(seen))
    whitened = seen[0] * local[0][0] ** 2 if local else inputs
    rng = np.random.default_rng(5)
    constants = rng.uniform(0.1, 2, (2 if standardized else 0, inputs)).astype(np.float32)
    matrix = rng.normal(size=(1 + whitened if components else 0, components or inputs))
    options = {"dtype": dtype, "seed": 2, "norm": norm, "members": members}
    options |= {"activation": activation, "dropout": dropout}
    options |= {"local": local, "shape": seen, "components": components} if local else {}
    width = inputs if local else components or inputs
    network = Network.create(width, hidden, len(classes), **options)
    for member in range(members):
        for arrays in network.tensors(member):
            for name in arrays.keys() - {"weights"}:
                arrays[name][...] = rng.uniform(0.5, 1.5, arrays[name].shape)
    return Model(
        dataset="synthetic",
        classes=classes,
        shape=shape,
        color=color,
        scale=scale,
        contrast=contrast,
        storage=storage,
        standardization=constants,
        whitening=matrix.astype(np.float32),
        tta=tta,
        network=network,
        training={"split": {"seed": 7, "val_fraction": 0.25}, "history": [], **record},
        evaluation={"test": {"accuracy": 0.5}},
    )


def images(count: int = 5, shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """Random images uint8 (count, *shape)."""
    return np.random.default_rng(1).integers(0, 256, (count, *shape), np.uint8)


def save(path: Path, document: Any) -> Path:
    """Write a document, or a model, as a model file."""
    document = document.to_document() if isinstance(document, Model) else document
    path.write_text(json.dumps(document), "utf-8")
    return path
