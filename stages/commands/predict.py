"""Predict: image files to class probabilities, with what the model file says and nothing else.

    pipeline predict cat.jpg                      the model that the current flags make
    pipeline predict --load model.json cat.jpg    a saved one
    pipeline predict --load model.json photos/    all images in a folder; or a pattern: '*.jpg'
    pipeline predict --load model.json -          an image on standard input
    pipeline predict --save-samples 20            test images as PNGs, named by truth and prediction

An image of any size and mode is brought to the model's own size first. A model of a table takes
tables (CSV, Parquet) with the columns that it was trained on, and predicts each of their rows. A
model of either kind takes arrays of images or rows (.npy, .npz), without labels. A file that cannot
be read is reported in the end, when all others are done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from pipeline.cli.actions import say
from pipeline.cli.output import echo
from pipeline.cli.program import Program
from pipeline.cli.session import Session
from pipeline.cli.speaker import expect_one_answer
from pipeline.cli.types import FILE, FOLDER
from pipeline.errors import ConfigError, DataError
from pipeline.outcome import Outcome
from stages.commands.model_choice import announce_training, expect_no_model
from stages.commands.named_files import named_files
from stages.commands.predictions import as_text, csv_text, predictions_of, shown_name
from stages.commands.samples import expect_outside, write_samples
from stages.modelfile.reader import from_document, read_model

ARGUMENTS = [
    click.Argument(["images"], nargs=-1, type=FILE, metavar="[IMAGE]…"),
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
    click.Option(
        ["--csv", "as_csv"],
        is_flag=True,
        help="a table for other programs: file, class, and the probability of each class",
    ),
]


def predict(
    program: Program,
    session: Session,
    images: tuple[str, ...],
    save_samples: int,
    samples_dir: str,
    top: int,
    as_csv: bool,
) -> None:
    """The command's action: print a line for each image, or write samples."""
    expect_one_answer(session, as_csv)
    if not images and not save_samples:
        raise ConfigError("predict: expected image files or --save-samples N, found neither")
    if save_samples:
        expect_outside(Path(samples_dir), session.value("source"))
    loaded = "load" in session.pipeline.parameters
    if not loaded:
        expect_no_model(images)
    with named_files(images) as files:  # before a training that may take long
        if not loaded:
            announce_training(session)
        _predict(session, files, save_samples, samples_dir, top, as_csv)


def _predict(
    session: Session,
    files: Mapping[Path, str],
    save_samples: int,
    samples_dir: str,
    top: int,
    as_csv: bool,
) -> None:
    loaded = "load" in session.pipeline.parameters
    outcome = session.run() if save_samples or not loaded else Outcome(session.store)
    model = read_model(Path(session.value("load"))) if loaded else from_document(outcome["model"])
    model = replace(model, tta=session.value("tta"))  # the model's own, but for the caller's
    predictions = [one for path, name in files.items() for one in predictions_of(model, path, name)]
    samples = []
    if save_samples:
        rows = np.array(outcome["test_rows"][:save_samples])
        pictures, labels = outcome["images"][rows], outcome["labels"][rows]
        classes = outcome["dataset"]["classes"]
        samples = write_samples(model, pictures, labels, classes, Path(samples_dir))
    good = [one for one in predictions if "error" not in one]
    text = csv_text(model.classes, good) if as_csv else as_text(good, top)
    if samples and not as_csv:
        right = sum(sample["truth"] == sample["prediction"] for sample in samples)
        text += f"{len(samples)} samples in {samples_dir}/, {right} of them right"
    document = {"dataset": model.dataset, "predictions": predictions, "samples": samples}
    errors = [one["error"] for one in predictions if "error" in one]
    if errors and len(files) == 1:
        raise DataError(errors[0])
    if as_csv:
        echo(text.rstrip("\n"))  # whole, whatever the terminal's width
    else:
        say(session, document, text.rstrip("\n"))
    if unknown := [one for one in good if "unknown" in one]:
        first = unknown[0]
        session.reporter.warn(
            f"{len(unknown):,} of {len(good):,} rows have texts that the model was not trained on, "
            f"which count as none; the first is {shown_name(first['image'])}, in column "
            f"{', '.join(map(shown_name, first['unknown']))}"
        )
    for error in errors:
        session.reporter.warn(shown_name(error))
    if errors:
        raise DataError(
            f"predict: expected {len(files)} files that can be read, found {len(errors)} that "
            "cannot; the others are done"
        )
