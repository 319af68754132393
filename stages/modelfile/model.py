"""Model: all that turns raw RGB bytes into class probabilities, and its one JSON document.

README.md beside this file documents every field, schema.json says the same to a program. A model
is written as the lowest version that has all it needs, for older programs to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages import neuralnet as nn
from stages.dataset.formats.whites import Pixels
from stages.features import LUMA, make_inputs, to_features
from stages.modelfile.images import expect_images
from stages.modelfile.networks import is_plain, stacked
from stages.modelfile.overflow import overflow
from stages.modelfile.tensors import encode_tensor
from stages.options import InputOptions

FORMAT, VERSIONS = "cifar-pipeline model", (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Model:
    """A network with everything around it that its predictions depend on.

    `shape` is that of an image, (channels, height, width), or (d,) for the rows of a table, whose
    columns are then in `columns`, as in the record of the dataset. `pixels`: the dtype and the
    white of the array of images that it was trained on; None: it was no array, or it is not known
    (files from before this field). `color`, `scale`, `contrast` and
    `storage` are the parameters of that name; `standardization` and `whitening` come from these
    stages.
    `tta`: flip TTA, predictions are averages over an image and its flip.
    """

    dataset: str
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    color: bool
    scale: str
    contrast: bool
    storage: str
    standardization: np.ndarray
    whitening: np.ndarray
    tta: bool
    network: nn.Network
    training: Mapping[str, Any]
    evaluation: Mapping[str, Any]
    columns: tuple[Mapping[str, Any], ...] = ()
    pixels: Pixels | None = None

    @property
    def _options(self) -> InputOptions:
        return InputOptions(self.color, self.scale, self.storage, self.contrast)

    @property
    def inputs(self) -> nn.Inputs:
        """What is done to features before the network reads them."""
        return make_inputs(
            self._options,
            standardization=self.standardization,
            whitening=self.whitening,
            shape=None if self.columns else (self.shape[0], self.shape[1], self.shape[2]),
        )

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """uint8 images (n, channels, height, width) → class probabilities (n, classes).

        Of a table, float32 rows (n, d) instead, as `dataset.formats.table.encode` makes them, or a
        DataFrame, whose columns are taken by name. Of arrays whose pixels are no bytes, such pixels
        in the dtype of `pixels`, too: they are scaled by its white.

        Raises `DataError` on images of another form, and where numbers overflow, those of the
        model or (`RowOverflow`) of a row.
        """
        images = expect_images(images, self.shape, self.columns, self.pixels)
        with np.errstate(all="ignore"):  # reported in our own words
            found = self._ask(to_features(images, self._options))
        if not np.isfinite(found).all():
            raise overflow(images, found, self.columns, self.standardization, self._ask)
        return found

    def _ask(self, features: np.ndarray) -> np.ndarray:
        return self.network.probabilities(features, inputs=self.inputs, mirror=self.tta)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """uint8 images (n, 3, height, width) → the name of the most probable class of each (n,)."""
        names: np.ndarray = np.array(self.classes)[self.probabilities(images).argmax(axis=1)]
        return names

    def to_document(self) -> dict[str, Any]:
        """The model as a JSON value."""
        network = self.network
        ensemble = network.members > 1
        return {
            "format": FORMAT,
            "version": self._version(),
            "dataset": self.dataset,
            "classes": list(self.classes),
            "input": self._input(),
            "preprocessing": {
                "color": self.color,
                **({} if self.color or self.shape[0] != 3 else {"luma": list(LUMA)}),
                "scale": self.scale,
                "contrast": self.contrast,
                "storage": self.storage,
                "standardization": encode_tensor(self.standardization),
                "whitening": encode_tensor(self.whitening),
            },
            "mirror": self.tta,
            "dtype": network.dtype.name,
            **({"members": network.members} if ensemble else {}),
            "layers": [
                {**layer, **{name: encode_tensor(array) for name, array in arrays.items()}}
                for layer, arrays in zip(network.layers, stacked(network), strict=True)
            ],
            "training": dict(self.training),
            "evaluation": dict(self.evaluation),
        }

    def _input(self) -> dict[str, Any]:
        """What the model reads: images or rows of a table."""
        if self.columns:
            columns = [dict(column) for column in self.columns]
            return {"shape": list(self.shape), "dtype": "float32", "columns": columns}
        return {
            "shape": list(self.shape),
            "dtype": "uint8",
            "order": "channel, row, column",
            **({"pixels": self.pixels.record()} if self.pixels else {}),
        }

    def _version(self) -> int:
        """The lowest version that has all that the model needs."""
        if any(layer["kind"] == "local" for layer in self.network.layers):
            return 5
        if self.shape[0] != 3 or self.columns:
            return 4
        return 3 if self.network.members > 1 else 1 if self._is_plain() else 2

    def _is_plain(self) -> bool:
        """Whether a program that knows version 1 only would predict the same."""
        plain = self.contrast, self.storage, len(self.whitening), self.tta
        return plain == (False, "float32", 0, False) and is_plain(self.network)
