"""What functions and classes hold, beside what Python made of their source."""

from __future__ import annotations

import abc
import copyreg
import dataclasses
import types
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

# What Python and its decorators add to a class, known by what they were made from.
_ADDED = {
    *("__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__"),
    *("__annotate__", "__annotate_func__", "__annotations_cache__", "__firstlineno__"),
    "__static_attributes__",
    *("__abstractmethods__", "__parameters__", "__orig_bases__", "__slots__", "_abc_impl"),
    *("__classcell__", "__type_params__", "_member_map_", "_value2member_map_", "_member_names_"),
    *("_unhashable_values_", "_unhashable_values_map_", "_hashable_values_", "_new_member_"),
    *(
        "__slotnames__",
        "__set_name__",
        "_generate_next_value_",
        "_use_args_",
        "_value_repr_",
    ),
}
_TYPINGS = ("typing", "types", "typing_extensions", "collections.abc")
_MISSING = dataclasses.MISSING
# The methods that `dataclass` and `namedtuple` write.
_GENERATED = {
    *("__init__", "__repr__", "__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__new__"),
    *("__setattr__", "__delattr__", "__hash__", "__replace__", "__getnewargs__", "__getstate__"),
    *("__setstate__", "_make", "_replace", "_asdict"),
}


# Of what code may look at (nature.py), that which live values may have otherwise than their source.
LIVE_WORDS = frozenset({"subclasses", "docs", "names", "annotations", "levels"})


def captured(function: types.FunctionType) -> dict[str, Any]:
    """What a closure holds, by name. What is not yet assigned is None."""
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            found[name] = None
    return found


def shown_by(function: Any, words: Collection[str]) -> Iterator[tuple[str, Any]]:
    """What was given to a function beside its source, of that which `words` look at."""
    code = function.__code__
    if "docs" in words and function.__doc__ is not None and function.__doc__ not in code.co_consts:
        yield "doc", function.__doc__
    if "names" in words and function.__name__ != code.co_name:
        yield "name", function.__name__
    if "annotations" in words:
        yield from _data_of(function)


def _data_of(owner: Any) -> Iterator[tuple[str, Any]]:
    """Annotations that are no types; of a cell, which has no source, all of them."""
    with suppress(Exception):  # they may be written in names that are not defined yet
        for name, value in owner.__annotations__.items():
            known = isinstance(value, type | str | None) or type(value).__module__ in _TYPINGS
            yield from ((name, value),) if not known or owner.__module__ == "__main__" else ()


def members(cls: type, words: Collection[str]) -> Iterator[tuple[str, Any]]:
    """What was written in a class or added to it later, by name. What a generated method was made
    from counts in its place: a file may say what a default is, or whether a field is compared."""
    for key, member in [*vars(cls).items()]:  # to ask for slots adds a name
        if key == "__dataclass_fields__":
            yield key, [_field(one) for one in member.values()]
        elif key == "__dataclass_params__":
            yield key, repr(member)
        elif key in _GENERATED and _is_generated(member):
            yield key, getattr(member, "__defaults__", None)
        elif key == "_abc_impl":
            classes = {one() for one in abc._get_dump(cls)[0]} - {None}  # type: ignore[attr-defined]
            yield from [("registered", classes)] if classes else []
        elif key not in _ADDED or (key == "__doc__" and "docs" in words):
            yield key, member
    if "annotations" in words:
        yield from _data_of(cls)


def pickles_itself(cls: type) -> bool:
    """Whether a class, or one in C that it derives from, says itself what `pickle` keeps of its
    objects, which may not be all."""
    names = ("__reduce_ex__", "__reduce__", "__getstate__")
    own = (getattr(cls, name, None) is not getattr(object, name, None) for name in names)
    return cls in copyreg.dispatch_table or any(own)


def attributes_of(value: Any) -> dict[str, Any]:
    """All attributes of an object, those in slots too."""
    slots = copyreg._slotnames(type(value))  # type: ignore[attr-defined]
    found = {name: getattr(value, name) for name in slots if hasattr(value, name)}
    return found | getattr(value, "__dict__", {})


def _field(field: dataclasses.Field[Any]) -> tuple[Any, ...]:
    """What makes a field of a dataclass what it is; its type is an annotation, and changes none."""
    values = [one for one in (field.default, field.default_factory) if one is not _MISSING]
    flags = (field.init, field.repr, field.hash, field.compare, field.kw_only)
    return (field.name, values, flags, dict(field.metadata))


def _is_generated(member: Any) -> bool:
    """Whether a method was made by `dataclass` or `namedtuple`, from what counts already. The
    `__repr__` of a dataclass is wrapped once more, against calls of itself; what a program wraps
    around a method is its own."""
    if _scope(member).get("__name__") in ("dataclasses", "reprlib"):
        member = getattr(member, "__wrapped__", member)
    code = getattr(member, "__code__", None)
    return code is not None and (
        code.co_qualname.startswith("__create_fn__.")
        or str(_scope(member).get("__name__")).startswith("namedtuple_")
    )


def _scope(member: Any) -> Mapping[str, Any]:
    return getattr(member, "__globals__", {})


def is_made(value: type) -> bool:
    """Whether a class was made by `types.new_class`, which calls it one of `types`."""
    return value.__module__ == "types" and vars(types).get(value.__name__) is not value


def holds_nothing(function: types.FunctionType) -> bool:
    """Whether a function is known by its source alone. (Its keywords are parameters of a stage.)"""
    held = function.__closure__ or function.__defaults__ or function.__dict__
    return not held and "<" not in function.__qualname__


def place_of(function: types.FunctionType) -> tuple[Any, ...]:
    """Where a function is written in its module: its name, and its line, too, where the module has
    given the name to another one since."""
    name = function.__qualname__
    now = function.__globals__.get(name)
    if "." in name or function is now or function is getattr(now, "function", None):
        return (name,)
    return name, function.__code__.co_firstlineno
