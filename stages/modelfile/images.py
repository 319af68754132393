"""Images that a caller of a model brings, checked before anything is done with them.

Rows of a table may come as a DataFrame (of pandas, or what is like it), too: its columns have
names, so they are taken by name, in whatever order they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.errors import DataError
from stages.dataset.formats.whites import BYTES, Pixels, dtype_name, to_bytes


def expect_images(
    images: Any,
    shape: tuple[int, ...],
    columns: Sequence[Mapping[str, Any]] = (),
    pixels: Pixels | None = None,
) -> np.ndarray:
    """The images as an array uint8 (n, *shape). Raises `DataError`, which says what to do.

    shape (d,): the rows of a table instead, float32 (n, d), of finite numbers, or a DataFrame with
    these columns. pixels: those that the model was trained on; images of their dtype are taken,
    too, and scaled by their white.
    """
    if columns and hasattr(images, "columns"):
        return _of_frame(images, columns)
    try:
        found = np.asarray(images)
    except ValueError as error:  # lists of several lengths
        raise DataError(f"images: expected an array of numbers, found none ({error})") from error
    if len(shape) == 1:
        return _expect_rows(found, shape)
    if found.dtype == np.uint8 and found.shape[1:] == shape:
        return found
    if pixels and found.shape[1:] == shape and dtype_name(found.dtype) == pixels.dtype:
        return _scaled(found, pixels)
    channels, height, width = shape
    advice = "bring them to this form"
    if found.shape[1:] == shape:
        advice = "give the bytes 0 to 255 of the images, as they were before they were scaled"
        if found.dtype.kind in "iu":
            advice = "where they are bytes, 0 to 255: images.astype(numpy.uint8)"
        if pixels and pixels.dtype != BYTES:
            advice = (
                f"give {pixels.dtype} with {pixels.white:,} for white, as the model was trained "
                "on, or bytes with 255"
            )
    elif found.shape == shape:
        advice = "give one image as images[numpy.newaxis]"
    elif found.shape[1:] == (height, width, channels):
        advice = "give images.transpose(0, 3, 1, 2)"
    elif found.ndim == 4 and found.shape[1] == channels:
        advice = f"resize them to {height} × {width}"
    raise DataError(
        f"images: expected uint8 (n, {channels}, {height}, {width}), found {found.dtype} "
        f"{found.shape}; {advice}"
    )


def _scaled(images: np.ndarray, pixels: Pixels) -> np.ndarray:
    """Images of the dtype that a model was trained on, as bytes."""
    least, most = (float(end) for end in (images.min(), images.max())) if images.size else (0, 0)
    white = pixels.white_of(images.dtype, most, "images") if least >= 0 else None
    if white is None:  # of NaN, both are
        raise DataError(
            f"images: expected {pixels.dtype} from 0 to {pixels.white:,}, as the model was trained "
            f"on, found {least:g} to {most:g}; bring them to that scale, or give bytes"
        )
    return to_bytes(images, white)


def _of_frame(frame: Any, columns: Sequence[Mapping[str, Any]]) -> np.ndarray:
    from stages.dataset.formats.rows import Batch  # here and not above: few bring a DataFrame
    from stages.dataset.formats.table import encode, unknown_texts

    names, own = [column["name"] for column in columns], list(frame.columns)
    found = list(map(str, own))
    if wrong := [name for name in names if found.count(name) != 1]:
        raise DataError(
            f"rows: expected each column that the model was trained on once, found "
            f"{wrong[0]!a:.100} {found.count(wrong[0])} times; correct the DataFrame, or give an "
            "array of features"
        )
    cells = {name: list(map(_cell, frame[own[found.index(name)]])) for name in names}
    rows = encode(Batch(range(len(frame)), cells), columns, "rows")
    for name, places in unknown_texts(rows, columns).items():
        row = int(places.argmax())
        raise DataError(
            f"rows: expected texts that the model was trained on in column {name!a:.100}, found "
            f"{cells[name][row]!a:.100} in row {row} (the first is 0)"
        )
    return rows


def _cell(cell: Any) -> Any:
    """A cell; None in place of what pandas has for a missing value, which cannot be compared."""
    return None if type(cell).__name__ in ("NAType", "NaTType") else cell


def _expect_rows(rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    good = rows.dtype.kind in "fiu" and rows.ndim == 2 and rows.shape[1:] == shape
    with np.errstate(over="ignore"):  # reported here, in our own words
        rows = rows.astype(np.float32) if good else rows
    if good and np.isfinite(rows).all():
        return rows
    raise DataError(
        f"rows: expected finite numbers (n, {shape[0]}), the features of a table's columns, found "
        f"{rows.dtype} {rows.shape}{' with others among them' * good}; make them with "
        "stages.dataset.formats.table.rows_of"
    )
