"""Over: what a stage is mapped over: inputs of its function, or lists that stand in the program.

    over="texts"   over=("images", "labels")   over={"number": [1, 2, 3]}   over={"word": {"a": 1}}

Items of the program are identified by their JSON, as those of artifacts are. So they are to be what
JSON gives back: a tuple and a list would be one item, though a function can tell them apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.errors import GraphError

_PLAIN = (str, int, float, bool, type(None))


def mapped_over(
    over: str | tuple[str, ...] | Mapping[str, Any], inputs: Sequence[str], name: str
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The arguments that stage `name` is mapped over, and the items that stand in the program.

    `inputs` are the positional arguments of its function. Raises `GraphError` for what is none of
    them, and for items that JSON does not give back as they are.
    """
    names = (over,) if isinstance(over, str) else tuple(over)
    for one in names:
        if one not in inputs:
            raise GraphError(
                f"stage {name}: over: expected positional arguments of its function "
                f"({', '.join(inputs) or 'it has none'}), found {one!r}"
            )
    if not isinstance(over, Mapping):
        return names, {}
    for one, items in over.items():
        where = f"stage {name}: over {one}"
        if type(items) not in (list, dict):
            found = type(items).__name__
            raise GraphError(f"{where}: expected a list or a dict, found {found}")
        try:
            json.dumps(items, allow_nan=False)
            _check(items, where)
        except (TypeError, ValueError) as error:
            raise GraphError(f"{where}: expected JSON values: {error}") from None
    return names, dict(over)


def _check(value: Any, where: str) -> None:
    """Raise `GraphError` for the first value that JSON gives back as something else."""
    kind = type(value)
    if kind is list:
        for one in value:
            _check(one, where)
    elif kind is dict:
        for key, one in value.items():
            if type(key) is not str:
                raise GraphError(f"{where}: expected texts for keys, found {key!r}; write str(key)")
            _check(one, where)
    elif kind not in _PLAIN:
        advice = "a list" if kind is tuple else "it as a text, a number, a list or a dict"
        raise GraphError(
            f"{where}: expected JSON values that come back as they are, found {kind.__name__} "
            f"{value!r:.60}; write {advice}"
        )
