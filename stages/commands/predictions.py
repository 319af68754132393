"""Predictions for a file: of an image, of each row of a table, of each example of an array; and as
text for people and for other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.cli.table import align
from pipeline.errors import DataError
from stages.dataset.formats.images import read_image
from stages.modelfile.model import Model
from stages.modelfile.overflow import RowOverflow

ARRAYS = (".npy", ".npz")
Found = tuple[str, dict[str, float], list[str]]


def shown_name(name: str) -> str:
    """A file name as a line of text: it may hold anything, commands to the terminal among it."""
    return name if name.isprintable() else ascii(name)


def predictions_of(model: Model, path: Path, called: str) -> list[dict[str, Any]]:
    """What is predicted for an image or the rows of a table, or the error that it is instead: one
    of many files spoils no other. `called` is what the file is called in answers."""
    try:
        found = list(_found(model, path, called))
    except DataError as error:
        words = str(error).replace(str(path), called)
        named = words if called in words else f"{called}: {words}"
        return [{"image": called, "error": named}]
    return [
        {
            "image": label,
            "probabilities": ranked,
            "class": max(ranked, key=ranked.__getitem__),
            **({"unknown": unknown} if unknown else {}),
        }
        for label, ranked, unknown in found
    ]


def probabilities_of(model: Model, path: Path) -> dict[str, float]:
    """The probability of each class for one image file."""
    channels, height, width = model.shape
    image = read_image(path, (channels, height, width))
    found = model.probabilities(image[np.newaxis])[0]
    return {name: float(value) for name, value in zip(model.classes, found, strict=True)}


def _found(model: Model, path: Path, called: str) -> Iterator[Found]:
    """A name and the probabilities of an image file, or of each row of a table; and the columns in
    which a row has a text that the model does not know."""
    if path.suffix.lower() in ARRAYS:
        yield from _of_array(model, path, called)
        return
    if not model.columns:
        yield called, probabilities_of(model, path), []
        return
    from stages.dataset.formats.table import rows_of, unknown_texts  # here: few are of tables

    for lines, rows in rows_of(path, model.columns):
        unknown = unknown_texts(rows, model.columns)
        for place, found in enumerate(
            _probabilities(model, rows, lambda row, lines=lines: f"{called}:{lines[row]}")
        ):
            ranked = dict(zip(model.classes, found.tolist(), strict=True))
            yield f"{called}:{lines[place]}", ranked, _at(unknown, place)


def _of_array(model: Model, path: Path, called: str) -> Iterator[Found]:
    from stages.dataset.formats.arrays import examples_in  # here: few predict arrays

    if texts := [column["name"] for column in model.columns if column["kind"] != "number"]:
        raise DataError(
            f"{path}: expected a table (CSV, Parquet), for the model reads texts in column "
            f"{shown_name(texts[0])}, found an array of numbers"
        )
    place = 0
    for examples in examples_in(path, model.pixels):
        if examples.shape[1:] != model.shape:
            raise DataError(
                f"{path}: expected {_form(model.shape)}, as the model was trained on, found "
                f"{_form(examples.shape[1:])}; bring them to this form, a lone one as "
                "x[numpy.newaxis]"
            )
        for found in _probabilities(
            model, examples, lambda row, start=place: f"{called}[{start + row}]"
        ):
            yield f"{called}[{place}]", dict(zip(model.classes, found.tolist(), strict=True)), []
            place += 1


def _probabilities(model: Model, rows: np.ndarray, name: Callable[..., str]) -> np.ndarray:
    """The model's probabilities of rows; `name` is what one is called, where it is at fault."""
    try:
        return model.probabilities(rows)
    except RowOverflow as error:
        raise DataError(f"{name(error.row)}: {error.words}") from None


def _form(shape: tuple[int, ...]) -> str:
    return f"{'rows' if len(shape) == 1 else 'images'} (n, {', '.join(map(str, shape))})"


def _at(unknown: Mapping[str, np.ndarray], row: int) -> list[str]:
    return [name for name, rows in unknown.items() if rows[row]]


def as_text(predictions: list[dict[str, Any]], top: int) -> str:
    """A line for each: its name, and the most probable classes."""
    rows = []
    for prediction in predictions:
        ranked = sorted(prediction["probabilities"].items(), key=lambda pair: -pair[1])[:top]
        rows.append(
            [shown_name(prediction["image"]), *(f"{name} {value:.1%}" for name, value in ranked)]
        )
    columns = range(len(rows[0]) if rows else 0)
    return align(rows, drop=columns[:1:-1], shorten=columns) + "\n" if rows else ""


def csv_text(classes: Sequence[str], predictions: list[dict[str, Any]]) -> str:
    """A table with a line for each: file, class, and the probability of each class.

    A class that has the name of one of the first two columns is called p(class) or p(file).
    """
    import csv
    import io

    page = io.StringIO()
    table = csv.writer(page, lineterminator="\n")
    first = ["file", "class"]
    table.writerow([*first, *(f"p({name})" if name in first else name for name in classes)])
    for one in predictions:
        chances = [f"{one['probabilities'][name]:.6g}" for name in classes]
        table.writerow([one["image"], one["class"], *chances])
    return page.getvalue()
