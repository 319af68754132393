"""Samples: test images as pictures, named by their class and what a model takes them for."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ConfigError
from pipeline.store.troubles import storage_errors
from stages.dataset.formats.images import write_png
from stages.modelfile.model import Model


def expect_outside(folder: Path, source: str) -> None:
    """ConfigError where samples would lie among the images of the source: the next run would take
    them for a class, or for more of one."""
    place, samples = (Path(os.path.expanduser(one)) for one in (source, folder))
    if place.is_dir() and samples.resolve().is_relative_to(place.resolve()):
        raise ConfigError(
            f"--samples-dir {folder}: expected a folder outside of the source {source}, whose next "
            "run would train on the samples, found one inside; choose another"
        )


def write_samples(
    model: Model,
    images: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    folder: Path,
) -> list[dict[str, Any]]:
    """Write images (n, c, height, width) as `<number>_<truth>_<prediction>.png`; list them.

    labels (n,): numbers of `classes`, those of the dataset.
    """
    fit = images.ndim == 4 and images.shape[1:] == model.shape
    if len(model.shape) == 1:
        raise ConfigError(
            "--save-samples: expected a model of images, found one of a table, whose rows are no "
            "pictures; name a table to predict instead"
        )
    if not fit or len(classes) != len(model.classes):
        raise ConfigError(
            f"--save-samples: expected a model of images {images.shape[1:]} and of all their "
            f"classes, found one of images {model.shape} and {len(model.classes)} classes; "
            "load a model of this dataset"
        )
    if other := next((p for p in zip(classes, model.classes, strict=True) if p[0] != p[1]), None):
        raise ConfigError(
            f"--save-samples: expected a model of the classes of these images, such as {other[0]!a}"
            f", found {other[1]!a} in its place; load a model of this dataset"
        )
    samples = []
    guesses = model.probabilities(images).argmax(axis=1)
    with storage_errors(folder, "--samples-dir"):
        folder.mkdir(parents=True, exist_ok=True)
        width = len(str(len(images) - 1))
        for number, (image, label, guess) in enumerate(zip(images, labels, guesses, strict=True)):
            truth, prediction = classes[label], model.classes[guess]
            path = folder / f"{number:0{width}}_{_plain(truth)}_{_plain(prediction)}.png"
            write_png(path, image)
            samples.append({"file": str(path), "truth": truth, "prediction": prediction})
    return samples


def _plain(name: str) -> str:
    """A class name as part of a file name: it may come from a file and hold anything."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", name)[:40] or "class"
