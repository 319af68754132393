"""Predict: image files to class probabilities, with what the model file says and nothing else.

    pipeline predict cat.jpg                      the model that the current flags make
    pipeline predict --load model.json cat.jpg    a saved one
    pipeline predict --load model.json photos/    all images in a folder
    pipeline predict --save-samples 20            test images as PNGs, named by truth and prediction

An image of any size and mode is brought to the model's own size first. A model of a table takes
tables (CSV, Parquet) with the columns that it was trained on, and predicts each of their rows. A
file that cannot be read is told in the end, when all others are done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from pipeline.cli.actions import say
from pipeline.cli.program import Program
from pipeline.cli.session import Session
from pipeline.cli.table import align
from pipeline.cli.types import FILE, FOLDER
from pipeline.errors import ConfigError, DataError
from pipeline.outcome import Outcome
from pipeline.store.files import open_file
from pipeline.store.troubles import storage_errors
from stages.dataset.formats.images import read_image, write_png
from stages.modelfile.model import Model
from stages.modelfile.reader import from_document, read_model

SUFFIXES = (
    *(".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff"),
    ".webp",
)
ARGUMENTS = [
    click.Argument(["images"], nargs=-1, type=FILE),
    click.Option(
        ["--save-samples"],
        type=click.IntRange(min=0),
        default=0,
        metavar="N",
        help="write N test images as PNGs named by truth and prediction",
    ),
    click.Option(
        ["--samples-dir"],
        type=FOLDER,
        default="samples",
        metavar="DIR",
        show_default=True,
        help="where to",
    ),
    click.Option(
        ["--top"],
        type=click.IntRange(min=1),
        default=3,
        metavar="N",
        show_default=True,
        help="show the N most probable classes",
    ),
]


def predict(
    program: Program,
    session: Session,
    images: tuple[str, ...],
    save_samples: int,
    samples_dir: str,
    top: int,
) -> None:
    """The command's action: print a line for each image, or write samples."""
    if not images and not save_samples:
        raise ConfigError("predict: expected image files or --save-samples N, found neither")
    files = image_files(images)  # before a training that may take long
    loaded = "load" in session.pipeline.parameters
    outcome = session.run() if save_samples or not loaded else Outcome(session.store)
    model = read_model(Path(session.value("load"))) if loaded else from_document(outcome["model"])
    model = replace(model, mirror=session.value("tta"))  # the model's own, but for the caller's
    predictions = [one for path in files for one in predictions_of(model, path)]
    samples = []
    if save_samples:
        rows = np.array(outcome["test_rows"][:save_samples])
        pictures, labels = outcome["images"][rows], outcome["labels"][rows]
        samples = write_samples(model, pictures, labels, Path(samples_dir))
    text = _text([one for one in predictions if "error" not in one], top)
    if samples:
        right = sum(sample["truth"] == sample["prediction"] for sample in samples)
        text += f"{len(samples)} samples in {samples_dir}/, {right} of them right"
    document = {"dataset": model.dataset, "predictions": predictions, "samples": samples}
    errors = [one["error"] for one in predictions if "error" in one]
    if errors and len(files) == 1:
        raise DataError(errors[0])
    say(session, document, text.rstrip("\n"))
    for error in errors:
        session.reporter.warn(_shown(error))
    if errors:
        raise DataError(
            f"predict: expected {len(files)} files that can be read, found {len(errors)} that "
            "cannot; the others are done"
        )


def image_files(names: Iterable[str]) -> list[Path]:
    """The files that are named, and those in folders that are, by name; only of images, there."""
    found: list[Path] = []
    for path in map(Path, names):
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
            if not inside:
                kinds = ", ".join(SUFFIXES)
                raise DataError(f"{path}: expected image files ({kinds}) in the folder, found none")
            found += inside
        else:
            open_file(path).close()
            found.append(path)
    return found


def predictions_of(model: Model, path: Path) -> list[dict[str, Any]]:
    """What is predicted for an image or the rows of a table, or the error that it is instead: one
    of many files spoils no other."""
    try:
        found = list(_found(model, path))
    except DataError as error:
        return [{"image": str(path), "error": str(error)}]
    return [
        {"image": label, "probabilities": ranked, "class": max(ranked, key=ranked.__getitem__)}
        for label, ranked in found
    ]


def probabilities_of(model: Model, path: Path) -> dict[str, float]:
    """The probability of each class for one image file."""
    channels, height, width = model.shape
    image = read_image(path, (channels, height, width))
    found = model.probabilities(image[np.newaxis])[0]
    return {name: float(value) for name, value in zip(model.classes, found, strict=True)}


def _found(model: Model, path: Path) -> Iterator[tuple[str, dict[str, float]]]:
    """A name and the probabilities of an image file, or of each row of a table."""
    if not model.columns:
        yield str(path), probabilities_of(model, path)
        return
    from stages.dataset.formats.table import rows_of  # here: few models are of tables

    for lines, rows in rows_of(path, model.columns):
        for line, found in zip(lines, model.probabilities(rows), strict=True):
            yield f"{path}:{line}", dict(zip(model.classes, found.tolist(), strict=True))


def write_samples(
    model: Model, images: np.ndarray, labels: np.ndarray, folder: Path
) -> list[dict[str, Any]]:
    """Write images (n, c, height, width) as `<number>_<truth>_<prediction>.png`; list them."""
    fit = images.ndim == 4 and images.shape[1:] == model.shape
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


def _shown(name: str) -> str:
    """A file name as a line of text: it may hold anything, commands to the terminal among it."""
    return name if name.isprintable() else ascii(name)


def _text(predictions: list[dict[str, Any]], top: int) -> str:
    rows = []
    for prediction in predictions:
        ranked = sorted(prediction["probabilities"].items(), key=lambda pair: -pair[1])[:top]
        rows.append(
            [_shown(prediction["image"]), *(f"{name} {value:.1%}" for name, value in ranked)]
        )
    columns = range(len(rows[0]) if rows else 0)
    return align(rows, drop=columns[:1:-1], shorten=columns) + "\n" if rows else ""
