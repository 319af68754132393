"""What functions and classes hold, beside what Python made of their source."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

# What Python and its decorators add to a class, known by what they were made from.
_ADDED = {
    *("__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__"),
    *("__annotate__", "__annotate_func__", "__annotations_cache__", "__firstlineno__"),
    *("__static_attributes__", "__dataclass_fields__", "__dataclass_params__", "__match_args__"),
    *("__abstractmethods__", "__parameters__", "__orig_bases__", "__slots__", "_abc_impl"),
    *("__classcell__", "__type_params__", "_member_map_", "_value2member_map_", "_member_names_"),
    *("_unhashable_values_", "_unhashable_values_map_", "_hashable_values_", "_new_member_"),
    *(
        "__slotnames__",
        "__hash__",
        "__set_name__",
        "_generate_next_value_",
        "_use_args_",
        "_value_repr_",
    ),
}
# The methods that `dataclass` and `namedtuple` write.
_GENERATED = {
    *("__init__", "__repr__", "__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__new__"),
    *("__setattr__", "__delattr__", "__replace__", "__getnewargs__", "__getstate__"),
    *("__setstate__", "_make", "_replace", "_asdict"),
}


def captured(function: types.FunctionType) -> dict[str, Any]:
    """What a closure holds, by name. What is not yet assigned is None."""
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            found[name] = None
    return found


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """What was written in a class or added to it later, by name."""
    for key, member in vars(cls).items():
        if key not in _ADDED and not (key in _GENERATED and _is_generated(member)):
            yield key, member


def _is_generated(member: Any) -> bool:
    """Whether a method was made by `dataclass` or `namedtuple`, from what counts already. The
    `__repr__` of a dataclass is wrapped once more, against calls of itself."""
    inner = getattr(member, "__func__", member)
    code = getattr(getattr(inner, "__wrapped__", inner), "__code__", None)
    return code is not None and code.co_filename.startswith(("<string>", "<collections.named"))
