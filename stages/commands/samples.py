"""Samples: test images as pictures, named by their class and what a model takes them for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ConfigError
from pipeline.store.troubles import storage_errors
from stages.dataset.formats.images import write_png
from stages.modelfile.model import Model


def write_samples(
    model: Model, images: np.ndarray, labels: np.ndarray, folder: Path
) -> list[dict[str, Any]]:
    """Write images (n, c, height, width) as `<number>_<truth>_<prediction>.png`; list them."""
    fit = images.ndim == 4 and images.shape[1:] == model.shape
    if len(model.shape) == 1:
        raise ConfigError(
            "--save-samples: expected a model of images, found one of a table, whose rows are no "
            "pictures; name a table to predict instead"
        )
    if not fit or labels.max(initial=0) >= len(model.classes):
        raise ConfigError(
            f"--save-samples: expected a model of images {images.shape[1:]} and of all their "
            f"classes, found one of images {model.shape} and {len(model.classes)} classes; "
            "load a model of this dataset"
        )
    samples = []
    guesses = model.probabilities(images).argmax(axis=1)
    with storage_errors(folder, "--samples-dir"):
        folder.mkdir(parents=True, exist_ok=True)
        width = len(str(len(images) - 1))
        for number, (image, label, guess) in enumerate(zip(images, labels, guesses, strict=True)):
            truth, prediction = model.classes[label], model.classes[guess]
            path = folder / f"{number:0{width}}_{_plain(truth)}_{_plain(prediction)}.png"
            write_png(path, image)
            samples.append({"file": str(path), "truth": truth, "prediction": prediction})
    return samples


def _plain(name: str) -> str:
    """A class name as part of a file name: it may come from a file and hold anything."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", name)[:40] or "class"
