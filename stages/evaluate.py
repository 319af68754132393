"""Evaluate: loss, accuracy, accuracy by class and confusion matrix, on images never trained on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pipeline.errors import ConfigError, DataError
from pipeline.stage import stage
from stages.neuralnet import Network, Scores


@stage(outputs=("evaluation",))
def evaluate(
    features: np.ndarray,
    labels: np.ndarray,
    dataset: dict[str, Any],
    validation_rows: np.ndarray,
    test_rows: np.ndarray,
    standardization: np.ndarray,
    parameters: np.ndarray,
    training: dict[str, Any],
) -> dict[str, Any]:
    """Measure the trained network on the validation and the test images."""
    network = Network.from_layers(training["layers"], parameters)
    if network.inputs != features.shape[1]:
        raise ConfigError(
            f"--load: expected a model of {features.shape[1]} features, as these images have, "
            f"found one of {network.inputs}; give no --color or --no-color beside --load"
        )
    if network.outputs != len(dataset["classes"]):
        raise ConfigError(
            f"--load: expected a model of {len(dataset['classes'])} classes, as these images have, "
            f"found one of {network.outputs}; load a model of this dataset"
        )
    result: dict[str, Any] = {"dataset": dataset["name"]}
    for part, rows in (("validation", validation_rows), ("test", test_rows)):
        if len(rows):
            with np.errstate(all="ignore"):  # told below, in our own words
                scores = network.evaluate(features, labels, rows, standardization=standardization)
            if not math.isfinite(scores.loss):
                raise DataError(
                    f"expected a finite {part} loss, found {scores.loss}: the parameters of the "
                    "network are too large; train it again with a smaller --lr, or load another"
                )
            result[part] = describe(scores, dataset["classes"])
    return result


def describe(scores: Scores, classes: list[str]) -> dict[str, Any]:
    """Scores as a JSON value; `confusion` counts images by [truth][prediction]."""
    return {
        "images": scores.images,
        "loss": scores.loss,
        "accuracy": scores.accuracy,
        "per_class": dict(zip(classes, scores.per_class, strict=True)),
        "confusion": scores.confusion.tolist(),
    }
