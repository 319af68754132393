"""Images that a caller of a model brings, checked before anything is done with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.errors import DataError


def expect_images(images: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The images as an array uint8 (n, *shape). Raises `DataError`, which says what to do.

    shape (d,): the rows of a table instead, float32 (n, d), of finite numbers.
    """
    try:
        found = np.asarray(images)
    except ValueError as error:  # lists of several lengths
        raise DataError(f"images: expected an array of numbers, found none ({error})") from error
    if len(shape) == 1:
        return _expect_rows(found, shape)
    if found.dtype == np.uint8 and found.shape[1:] == shape:
        return found
    channels, height, width = shape
    advice = "bring them to this form"
    if found.shape[1:] == shape:
        advice = "give the bytes 0 to 255 of the images, as they were before they were scaled"
        if found.dtype.kind in "iu":
            advice = "where they are bytes, 0 to 255: images.astype(numpy.uint8)"
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
