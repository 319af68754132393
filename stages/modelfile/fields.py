"""Fields of a model file, each checked before it is used. All raise `ValueError`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stages.dataset.formats.columns import width_of
from stages.dataset.formats.whites import BYTES, DTYPES, WHITES, Pixels
from stages.features import LUMA
from stages.modelfile.strict import kind, require, shown

MEMBERS = 1000


def read_field(document: Mapping[str, Any], name: str, form: type) -> Any:
    """What stands under `name`: an object or an array, as `form` (dict or list) says."""
    value = document.get(name)
    words = "an object" if form is dict else "an array"
    require(isinstance(value, form), f"{name}: expected {words}, found {kind(value)}")
    return value


def read_boolean(document: Mapping[str, Any], name: str) -> bool:
    """True or false under `name`."""
    value: Any = document.get(name)
    require(isinstance(value, bool), f"{name}: expected true or false, found {shown(value)}")
    return bool(value)


def read_choice(document: Mapping[str, Any], name: str, choices: Iterable[str]) -> str:
    """One of the texts that may stand under `name`."""
    value: Any = document.get(name)
    known = isinstance(value, str) and value in choices
    require(known, f"{name}: expected {' or '.join(choices)}, found {shown(value)}")
    return str(value)


def is_name(value: Any) -> bool:
    """Whether a name can be shown on a terminal, on one line, as what it is."""
    return isinstance(value, str) and 0 < len(value) <= 100 and value.isprintable()


def read_classes(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the classes, in the order of the outputs."""
    value: Any = document.get("classes")
    named = isinstance(value, list) and bool(value) and all(map(is_name, value))
    words = f"classes: expected a list of different printable names, found {shown(value)}"
    require(named and len(set(value)) == len(value), words)
    return tuple(value)


def expect_luma(preprocessing: Mapping[str, Any]) -> None:
    """The weights of red, green and blue must be those that we know; older files name none."""
    found, expected = preprocessing.get("luma", list(LUMA)), list(LUMA)
    require(found == expected, f"luma: expected {expected}, found {shown(found)}")


def read_input(
    value: Mapping[str, Any], version: int
) -> tuple[tuple[int, ...], tuple[dict[str, Any], ...]]:
    """The shape of an image and no columns; or (d,) and the columns of a table, from version 4."""
    shape: Any = value.get("shape")
    whole = isinstance(shape, list) and all(type(n) is int and n > 0 for n in shape)
    if version < 4 or "columns" not in value:
        channels = (3,) if version < 4 else (1, 3)
        require(
            whole and len(shape) == 3 and shape[0] in channels and max(shape) <= 4096,
            f"input.shape: expected [{' or '.join(map(str, channels))}, height, width], found "
            f"{shown(shape)}",
        )
        return tuple(shape), ()
    columns = read_field(value, "columns", list)
    for number, column in enumerate(columns):
        _expect_column(column, f"input.columns[{number}]")
    width = width_of(columns)
    require(
        whole and shape == [width] and bool(columns),
        f"input.shape: expected [{width}], the features of its columns, found {shown(shape)}",
    )
    return (width,), tuple(columns)


def read_pixels(value: Mapping[str, Any]) -> Pixels | None:
    """What the pixels of the arrays were that it was trained on; None where the file has none."""
    if "pixels" not in value:
        return None
    found = read_field(value, "pixels", dict)
    dtype, white = read_choice(found, "dtype", DTYPES), found.get("white")
    good = type(white) is int and white in ((255,) if dtype == BYTES else WHITES)
    expected = "255" if dtype == BYTES else "1, 16, 255 or 65535"
    require(good, f"white: expected {expected}, found {shown(white)}")
    return Pixels(dtype, white)


def _expect_column(column: Any, where: str) -> None:
    good = isinstance(column, dict) and is_name(column.get("name"))
    good = good and column.get("kind") in ("number", "category")
    if good and column["kind"] == "category":
        values = column.get("values")
        good = isinstance(values, list) and all(isinstance(value, str) for value in values)
        good = good and 0 < len(values) == len(set(values))
    else:
        good = good and "values" not in column
    require(good, f"{where}: expected a name and a kind of column, found {shown(column)}")


def read_members(document: Mapping[str, Any]) -> int:
    """How many networks an ensemble has."""
    value: Any = document.get("members")
    good = type(value) is int and 2 <= value <= MEMBERS
    require(good, f"members: expected a whole number from 2 to {MEMBERS}, found {shown(value)}")
    return int(value)
