"""Unchanged: whether a class, or a table of classes and functions, is as it was, at a glance.

After each stage all live values that could have changed are looked at again. Most are classes, and
to describe one takes ten times as long as to see that it has the members that it had.
"""

from __future__ import annotations

import types
from dataclasses import Field
from typing import Any

from pipeline.code.hidden import ATOMS, state_of

_STILL: set[type] = {
    *(types.MemberDescriptorType, types.GetSetDescriptorType, types.BuiltinFunctionType),
    *(types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType),
    *(types.GenericAlias, types.UnionType),
}
# Of Python's own; the defaults of a dataclass are attributes, too.
_APART = {"__dataclass_params__", "_abc_impl", "__weakref__"}
_DEEPEST = 8


class _Unsure(Exception):
    """Only a whole look tells."""


def glance(value: Any) -> int | None:
    """A number that differs where the value does; None where only a whole look tells."""
    try:
        if isinstance(value, type):
            members = [(k, v) for k, v in [*vars(value).items()] if k not in _APART]
            return hash((*map(id, value.__bases__), *(_named(k, v, 1) for k, v in members)))
        return hash(_state(value, 0)) if type(value) is dict else None
    except _Unsure:
        return None


def _named(name: Any, value: Any, depth: int) -> Any:
    if name == "__annotations__" and type(value) is dict:
        return tuple(map(id, value.values()))
    return _state(name, depth), id(value), _state(value, depth)


def _state(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind in ATOMS or kind in _STILL:
        return state_of(value, kind)
    if isinstance(value, type) and "<" not in value.__qualname__:
        return 0  # one that has a place of its own
    if depth > _DEEPEST:
        raise _Unsure
    deeper = depth + 1
    if kind is types.FunctionType:
        cells = [one.cell_contents for one in value.__closure__ or () if _is_full(one)]
        held = value.__defaults__, value.__kwdefaults__, value.__dict__, cells
        return state_of(value, kind), *(_state(one, deeper) for one in held if one)
    if kind is dict:
        return tuple(_named(name, one, deeper) for name, one in [*value.items()])
    if kind is property:
        parts: Any = value.fget, value.fset, value.fdel
    elif kind in (classmethod, staticmethod):
        parts = (value.__func__,)
    elif kind is Field:
        flags = value.init, value.repr, value.hash, value.compare, value.kw_only
        parts = value.default, value.default_factory, value.metadata, *flags
    elif kind in (tuple, list, set, frozenset):
        parts = value
    elif kind is types.MappingProxyType:
        return _state(dict(value), deeper)
    elif kind is object or f"{kind.__module__}.{kind.__name__}" in _ALONE:
        return 0
    else:
        raise _Unsure
    return tuple((id(part), _state(part, deeper)) for part in parts)


_ALONE = {"dataclasses._MISSING_TYPE", "dataclasses._HAS_DEFAULT_FACTORY_CLASS"}


def _is_full(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - asked for
    except ValueError:
        return False
    return True
