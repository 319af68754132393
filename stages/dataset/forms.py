"""Forms: what examples look like, and whether those of a model are those of a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stages.dataset.formats.layout import shape_of, shown


def unlike(
    dataset: Mapping[str, Any], columns: Sequence[Mapping[str, Any]], shape: Sequence[int]
) -> tuple[str, str] | None:
    """The forms of a dataset and of a model's examples in words, where they differ; else None.

    columns, shape: the model's: columns of a table (images have none), shape of an image. Images
    are alike that are as large, whatever their channels: grey levels are the same features.
    """
    own = dataset.get("columns", [])
    size = shape_of(dataset)
    if list(own) == list(columns) and (own or size is None or size[1:] == tuple(shape[1:])):
        return None
    found = _words(own, size or ()), _words(columns, shape)
    return found if found[0] != found[1] else (found[0], "other categories in them")


def _words(columns: Sequence[Mapping[str, Any]], shape: Sequence[int]) -> str:
    if not columns:
        return f"images of {' × '.join(map(str, shape[1:]))} pixels"
    more = f" and {len(columns) - 8:,} more" if len(columns) > 8 else ""
    names = ", ".join(shown(str(column["name"])) for column in columns[:8])
    return f"a table with the columns {names}{more}"
