"""Evaluate: loss, accuracy, accuracy by class and confusion matrix, on images never trained on.

    {"dataset", "validation": {"images", "loss", "accuracy", "balanced_accuracy",
                               "majority": {"class", "accuracy"}, "per_class", "confusion",
                               "tta": {"loss", "accuracy"}}, "test": {…}}

`balanced_accuracy` is the mean accuracy of the classes; `majority` is what always to say the most
frequent class of training would have given: no model should be worse. With more than 100 classes,
`confused` stands in the place of `confusion`: the most frequent [truth, prediction, count].

`tta` is there with --tta: the same figures for the average over each image and its flip. The others
are always those of the images as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from pipeline.context import QUIET, Context
from pipeline.errors import ConfigError, DataError
from pipeline.stage import stage
from stages import neuralnet as nn
from stages.dataset.formats.layout import shape_of
from stages.dataset.formats.whites import pixels_of
from stages.dataset.forms import other_white, unlike
from stages.features import expect_images, far_off, make_inputs
from stages.options import InputOptions, Tta

DENSE = 100  # classes, up to which the confusion matrix is kept as a whole
REPORTED = ("images", "loss", "accuracy", "balanced_accuracy")  # as they are found
CONFUSED = 1000  # pairs of classes that are kept of a larger one


@stage(outputs=("evaluation",), ignores=("stages.neuralnet.processor",))
def evaluate(
    features: np.ndarray,
    labels: np.ndarray,
    dataset: dict[str, Any],
    validation_rows: np.ndarray,
    test_rows: np.ndarray,
    standardization: np.ndarray,
    whitening: np.ndarray,
    parameters: np.ndarray,
    training: dict[str, Any],
    *,
    inputs: InputOptions = InputOptions(),
    tta: Tta = False,
    context: Context = QUIET,
) -> dict[str, Any]:
    """Measure the network on the validation and the test images."""
    network = nn.Network.from_layers(training["layers"], parameters)
    loaded = "shape" in training  # else it was trained on this very dataset
    if loaded and (found := unlike(dataset, training["columns"], training["shape"])):
        raise ConfigError(
            f"--load: expected a model of the form of this dataset, {found[0]}, found {found[1]}; "
            "load a model of this dataset, or bring image files to its size with --size"
        )
    if loaded and (words := other_white(dataset, pixels_of(training))):
        raise ConfigError(f"--load: {words}")
    _check_fits(training, asdict(inputs), standardization.shape[1], features.shape[1])
    if network.outputs != len(dataset["classes"]):
        raise ConfigError(
            f"--load: expected a model of {len(dataset['classes'])} classes, as these images have, "
            f"found one of {network.outputs}; load a model of this dataset"
        )
    _check_names(training.get("classes", dataset["classes"]), dataset["classes"])
    read = make_inputs(
        inputs, standardization=standardization, whitening=whitening, shape=shape_of(dataset)
    )
    if tta:
        expect_images(read, "--tta")
    for part, rows in (("validation", validation_rows), ("test", test_rows)):
        if words := far_off(features, rows, standardization, shape_of(dataset)):
            context.warn(f"{part}: {words}")
    measure = partial(network.evaluate, features, labels, inputs=read)
    result: dict[str, Any] = {"dataset": dataset["name"]}
    trained = np.delete(labels, test_rows)
    for part, rows in (("validation", validation_rows), ("test", test_rows)):
        if len(rows):
            scores = _finite(part, measure, rows)
            result[part] = describe(scores, dataset["classes"])
            result[part]["majority"] = _majority(labels, rows, trained, dataset["classes"])
            if tta:
                scores = _finite(part, measure, rows, mirror=True)
                result[part]["tta"] = {"loss": scores.loss, "accuracy": scores.accuracy}
            context.metrics(part=part, **{name: result[part][name] for name in REPORTED})
    return result


def describe(scores: nn.Scores, classes: list[str]) -> dict[str, Any]:
    """Scores as a JSON value; `confusion` counts images by [truth][prediction]."""
    known = [share for share in scores.per_class if share is not None]
    found = {
        "images": scores.images,
        "loss": scores.loss,
        "accuracy": scores.accuracy,
        "balanced_accuracy": sum(known) / len(known),
        "per_class": dict(zip(classes, scores.per_class, strict=True)),
    }
    if len(classes) <= DENSE:
        return found | {"confusion": scores.confusion.tolist()}
    wrong = scores.pairs[scores.pairs[:, 0] != scores.pairs[:, 1]]
    most = np.argsort(-wrong[:, 2], kind="stable")[:CONFUSED]
    named = [[classes[truth], classes[guess], int(n)] for truth, guess, n in wrong[most]]
    return found | {"confused": named}


def _majority(
    labels: np.ndarray, rows: np.ndarray, trained: np.ndarray, classes: list[str]
) -> dict[str, Any]:
    """What always the most frequent class of training would have given on these rows."""
    most = int(np.bincount(trained, minlength=1).argmax())
    return {"class": classes[most], "accuracy": float((labels[rows] == most).mean())}


def _finite(part: str, measure: Callable[..., nn.Scores], *given: Any, **options: Any) -> nn.Scores:
    with np.errstate(all="ignore"):  # reported here, in our own words
        scores = measure(*given, **options)
    if scores.loss is None or not math.isfinite(scores.loss):
        raise DataError(
            f"expected a finite {part} loss, found {scores.loss}: the parameters of the "
            "network are too large; train it again with a smaller --lr, or load another"
        )
    return scores


def _check_names(names: list[str], expected: list[str]) -> None:
    """ConfigError where a loaded model's outputs are of other classes, or in another order."""
    for number, (name, other) in enumerate(zip(names, expected, strict=True)):
        if name != other:
            raise ConfigError(
                f"--load: expected a model whose class {number} is {other!r}, as these images have "
                f"it, found {name!r}; load a model of this dataset"
            )


def _check_fits(
    training: dict[str, Any], stored: dict[str, Any], expected: int, features: int
) -> None:
    """ConfigError where a loaded model is for features of another kind."""
    if expected != features:
        raise ConfigError(
            f"--load: expected a model of {features} features, as these images have, "
            f"found one of {expected}; give no --color or --no-color beside --load"
        )
    for name, value in training.get("preprocessing", {}).items():
        if value != stored[name]:
            words = [str(value).lower() for value in (value, stored[name])]
            raise ConfigError(
                f"--load: expected {name} {words[0]}, as the model was trained with, found "
                f"{words[1]}; leave {name} to the model"
            )
