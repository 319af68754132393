"""Classes: from the labels that a dataset brings to names, and to the numbers of these names.

Labels are whole numbers or texts. The classes of a dataset are those of its training examples, in
their own order (numbers by size, texts by code point); the number of a class is its place there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.errors import DataError
from stages.dataset.formats.layout import shown

LEAST, MOST = 2, 10_000  # classes
LONGEST = 100  # characters of a name
NONE = ("nan", "<NA>", "NaT")  # what NumPy and pandas write for a missing value among texts


def label_type(classes: int) -> type[np.unsignedinteger]:
    """The type of labels that are numbers of so many classes: uint8 where that is enough."""
    return np.uint8 if classes <= 256 else np.uint16


def number_labels(
    labels: np.ndarray, train: np.ndarray, where: str
) -> tuple[list[str], np.ndarray]:
    """Names of the classes, and the number of its class for each of `labels` (n,).

    train: bool (n,), the examples that train, ahead of those that test. Raises `DataError` with
    `where` on labels that name no classes, on fewer than 2 or more than 10,000, on one that only
    test examples have.
    """
    labels = _plain(labels, where)
    values, numbers = np.unique(labels, return_inverse=True)
    numbers = numbers.reshape(-1)
    trained = np.bincount(numbers[train], minlength=len(values)) > 0
    if not trained.all():
        row = int(np.flatnonzero(~trained[numbers])[0])
        raise DataError(
            f"{where}: expected test examples of classes that training has, found "
            f"{shown(str(labels[row]))} in row {row - np.count_nonzero(train)} of them (the first "
            "is 0); move examples, or leave them out"
        )
    return check_names([str(value) for value in values], where), numbers.astype(
        label_type(len(values))
    )


def check_names(names: Sequence[str], where: str) -> list[str]:
    """The names themselves; `DataError` unless they are 2 to 10,000 that can be told apart."""
    check_number(len(names), where)
    if len(names) < LEAST:
        found = f"{len(names)}" + (f" ({shown(names[0])})" if names else "")
        raise DataError(f"{where}: expected {LEAST} to {MOST:,} classes, found {found}")
    for name in names:
        if not 0 < len(name) <= LONGEST or not name.isprintable() or not name.strip():
            raise DataError(
                f"{where}: expected class names of 1 to {LONGEST} printable characters, found "
                f"{shown(name)}; rename the class"
            )
    import unicodedata  # here and not above: commands that decode nothing start faster without it

    looks: dict[str, str] = {}
    for name in names:
        if (other := looks.setdefault(unicodedata.normalize("NFC", name.strip()), name)) != name:
            raise DataError(
                f"{where}: expected classes with different names, found {other!a} and "
                f"{name!a}, which look the same; rename one"
            )
    return list(names)


def check_number(classes: int, where: str) -> None:
    """Raise `DataError` where there are more than 10,000 classes."""
    if classes > MOST:
        raise DataError(
            f"{where}: expected {LEAST} to {MOST:,} classes, found {classes:,} or more; numbers to "
            "be predicted (regression) are not supported"
        )


def _plain(labels: np.ndarray, where: str) -> np.ndarray:
    """Labels (n,) as whole numbers or texts."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "biufUS":
        raise DataError(
            f"{where}: expected a label for each example, whole numbers or texts (n,), found "
            f"{labels.dtype} {labels.shape}"
            + "; of rows with a 1 for the class take argmax(axis=1)"
            * (labels.ndim == 2)
        )
    if labels.dtype.kind == "S":
        try:
            labels = np.char.decode(labels, "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{where}: expected labels in UTF-8, found the bytes {shown(str(error.object))}; "
                "save them as text"
            ) from error
    if labels.dtype.kind == "U" and (missing := np.isin(labels, NONE)).any():
        row = int(np.argmax(missing))
        raise DataError(
            f"{where}: expected a label for each example, found {labels[row]} in row {row} (the "
            "first is 0), which is a missing value as a text; leave such examples out"
        )
    if labels.dtype.kind == "f":
        whole = np.isfinite(labels) & (labels == np.rint(labels)) & (abs(labels) < 2**53)
        if not whole.all():
            row = int(np.argmin(whole))
            raise DataError(
                f"{where}: expected whole numbers or texts, the classes, found {labels[row]:g} in "
                f"row {row} (the first is 0); numbers to be predicted (regression) are not "
                "supported"
            )
        return labels.astype(np.int64)
    return labels.astype(np.int64) if labels.dtype.kind == "b" else labels
