"""Serialize: the trained network, its preprocessing and its record as one JSON document."""

from __future__ import annotations

import filecmp
import math
import shutil
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ConfigError
from pipeline.stage import stage
from pipeline.store.durable import replacing
from pipeline.store.troubles import storage_errors
from stages import neuralnet as nn
from stages.dataset.formats.layout import shape_of
from stages.dataset.formats.whites import pixels_of
from stages.modelfile.model import Model
from stages.options import InputOptions, SplitOptions, Tta


@stage(outputs=("model",), ignores=("stages.neuralnet.processor",))
def serialize(
    dataset: dict[str, Any],
    standardization: np.ndarray,
    whitening: np.ndarray,
    parameters: np.ndarray,
    training: dict[str, Any],
    evaluation: dict[str, Any],
    *,
    inputs: InputOptions = InputOptions(),
    tta: Tta = False,
    division: SplitOptions = SplitOptions(),
) -> dict[str, Any]:
    """Write model.json: all that turns the bytes of images into class probabilities.

    Of a table: what turns its rows into them, with the names and categories of its columns.
    """
    width, columns = standardization.shape[1], tuple(dataset.get("columns", ()))
    shape = (width,) if columns else shape_of(dataset) or ()
    if width != math.prod(shape if inputs.color or columns else shape[1:]) or not shape:
        raise ConfigError(
            f"model.json: expected features that are the pixels of images {shape}, found {width} "
            'numbers; name the shape of your images in the record of the dataset: "shape": '
            "[channels, height, width]"
        )
    record = {key: value for key, value in training.items() if key != "layers"}
    record["split"] = asdict(division)
    model = Model(
        dataset=dataset["name"],
        classes=tuple(dataset["classes"]),
        shape=shape,
        **asdict(inputs),
        standardization=standardization,
        whitening=whitening,
        network=nn.Network.from_layers(training["layers"], parameters),
        training=record,
        evaluation=evaluation,
        tta=tta,
        columns=columns,
        pixels=pixels_of(dataset),
    )
    return model.to_document()


def save_copy(stored: Path, place: Path) -> None:
    """Copy the stored model to where the user wants it: whole, or what was there stays.

    A link is followed. What is no file (a pipe, /dev/stdout) is written to, and stays what it is.
    A copy that is there already stays: to make it anew would wait for the disk.
    """
    with suppress(OSError):  # it cannot be read, or is not there
        filecmp.clear_cache()  # which goes by times and sizes
        if filecmp.cmp(stored, place, shallow=False):
            return
    with (
        open(stored, "rb") as source,
        storage_errors(place, "--save"),
        replacing(place) as target,
    ):
        shutil.copyfileobj(source, target, 1 << 20)
