"""Forms: what examples look like, and whether those of a model are those of a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stages.dataset.formats.cells import truth_values
from stages.dataset.formats.layout import shape_of, shown
from stages.dataset.formats.whites import Pixels, pixels_of


def unlike(
    dataset: Mapping[str, Any], columns: Sequence[Mapping[str, Any]], shape: Sequence[int]
) -> tuple[str, str] | None:
    """The forms of a dataset and of a model's examples in words, where they differ; else None.

    columns, shape: the model's: columns of a table (images have none), shape of an image. Images
    are alike that are as large, whatever their channels: grey levels are the same features.
    """
    own = dataset.get("columns", [])
    size = shape_of(dataset)
    if _plain(own) == _plain(columns) and (own or size is None or size[1:] == tuple(shape[1:])):
        return None
    found = _words(own, size or ()), _words(columns, shape)
    return found if found[0] != found[1] else (found[0], "other categories in them")


def _plain(columns: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Columns with truth values as `false` and `true`, which older models may have as `False`."""
    truths = [truth_values(column.get("values", ())) for column in columns]
    return [
        {**column, "values": list(own.values())} if own else column
        for column, own in zip(columns, truths, strict=True)
    ]


def other_white(dataset: Mapping[str, Any], trained: Pixels | None) -> str:
    """What was expected and found, where a dataset's white and a model's cannot both be right.

    Pixels of one dtype are of one scale, but for fractions that are brighter than a model's: their
    white is another one for sure, and both were brought to bytes as they should.
    """
    own = pixels_of(dataset)
    if own is None or trained is None or own.dtype != trained.dtype or own.white == trained.white:
        return ""
    brighter, advice = own.white > trained.white, "train a model on pixels of that white"
    if brighter and own.dtype.startswith(("float", "long")):
        return ""
    if not brighter:
        ways = (f"{one.advice} where it is {one.white:,}" for one in (trained, own))
        advice = f"save them as bytes: {', '.join(ways)}"
    return (
        f"expected {own.dtype} pixels with {trained.white:,} for white, as the model was trained "
        f"on, found {own.white:,}, the first white that none of them exceeds; {advice}"
    )


def _words(columns: Sequence[Mapping[str, Any]], shape: Sequence[int]) -> str:
    if not columns:
        return f"images of {' × '.join(map(str, shape[1:]))} pixels"
    more = f" and {len(columns) - 8:,} more" if len(columns) > 8 else ""
    names = ", ".join(shown(str(column["name"])) for column in columns[:8])
    return f"a table with the columns {names}{more}"
