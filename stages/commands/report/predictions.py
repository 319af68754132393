"""What the stored model says about the test images: computed again when a report is made.

An evaluation stores counts; a page also shows single images and how sure the network was of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.errors import UserError
from stages import neuralnet as nn
from stages.commands.report.trail import Trail
from stages.dataset.formats.layout import shape_of
from stages.modelfile.model import Model
from stages.neuralnet.metrics import confusion

BLOCK = 8192  # images at a time: 25 MB of pixels, 100 MB of features


@dataclass(frozen=True, eq=False)
class Predictions:
    """Of the test images: float32 probabilities (n, classes), true classes (n,) and pixels.

    images: uint8 (all, channels, height, width), memory-mapped; rows: (n,), those that test.
    """

    probabilities: np.ndarray
    truth: np.ndarray
    images: np.ndarray
    rows: np.ndarray

    @cached_property
    def predicted(self) -> np.ndarray:
        """The most probable class of each image (n,)."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @cached_property
    def confidence(self) -> np.ndarray:
        """The probability of the predicted class (n,)."""
        return np.asarray(self.probabilities.max(axis=1))

    @cached_property
    def right(self) -> np.ndarray:
        """Whether the prediction is the true class, bool (n,)."""
        return np.asarray(self.predicted == self.truth)

    @cached_property
    def confusion(self) -> np.ndarray:
        """Counts by [truth, prediction], int64 (classes, classes)."""
        classes = self.probabilities.shape[1]
        return confusion(self.truth, self.predicted, classes)

    def image(self, number: int) -> np.ndarray:
        """The pixels of an image, uint8 (channels, height, width)."""
        return np.asarray(self.images[self.rows[number]])

    def confident_mistakes(self, most: int) -> np.ndarray:
        """Numbers of images predicted wrong, the surest first."""
        wrong = np.flatnonzero(~self.right)
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")[:most]]

    def least_certain(self, most: int) -> np.ndarray:
        """Numbers of images whose most probable class is least probable, right ones among them."""
        return np.argsort(self.confidence, kind="stable")[:most]


def predict(trail: Trail) -> Predictions | str:
    """Predictions of all test images, with flip TTA where the run has it; or why there are none."""
    needed = "images", "labels", "test_rows", "dataset", "standardization", "whitening"
    values = {name: trail.load(name) for name in (*needed, "parameters", "training")}
    missing = [name for name, value in values.items() if value is None]
    if missing:
        return f"the store no longer holds {', '.join(missing)}"
    rows, images = values["test_rows"], values["images"]
    if not len(rows):
        return "there are no test images"
    parameters = trail.parameters()
    try:
        model = Model(
            dataset=values["dataset"]["name"],
            classes=tuple(values["dataset"]["classes"]),
            shape=shape_of(values["dataset"]) or values["standardization"].shape[1:],
            columns=tuple(values["dataset"].get("columns", ())),
            **{name: parameters[name] for name in ("color", "scale", "contrast", "storage")},
            standardization=values["standardization"],
            whitening=values["whitening"],
            network=nn.Network.from_layers(values["training"]["layers"], values["parameters"]),
            training={},
            evaluation={},
            tta=parameters.get("tta", False),
        )
        blocks = [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
        found = np.concatenate([model.probabilities(images[block]) for block in blocks])
    except (UserError, ValueError, KeyError) as error:
        return f"the model cannot be asked again: {error}"
    return Predictions(found, np.asarray(values["labels"][rows], np.int64), images, rows)
