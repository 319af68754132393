"""A glance tells whatever changes a class or a table of them, or says that it cannot."""

import dataclasses
import functools
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from pipeline.code.unchanged import glance


def held(value: Any) -> Callable[[], Any]:
    def function():
        return value

    return function


def make() -> type:
    @dataclass(frozen=True)
    class Base:
        x: int = 1
        names: list[str] = field(default_factory=list, metadata={"shown": True})
        TABLE: ClassVar[dict[str, Any]] = {"a": 1, "f": len}
        WORDS: ClassVar[Any] = {"a", "b"}

        def plain(self, one=1, *, two=2):
            return one, two

        closed = held([1, 2])

        @property
        def shown(self):
            return 1

        @classmethod
        def made(cls):
            return cls

        @staticmethod
        def free():
            return 1

    Base.__qualname__ = "Base"  # as of a class with a place of its own
    return Base


def make_local() -> type:
    class Local:
        pass

    return Local


CHANGES: dict[str, Callable[[Any], Any]] = {
    "another method": lambda c: setattr(c, "plain", lambda self: 3),
    "another code": lambda c: setattr(c.plain, "__code__", (lambda self, one, two: 3).__code__),
    "another default": lambda c: setattr(c.plain, "__defaults__", (2,)),
    "another default by name": lambda c: c.plain.__kwdefaults__.update(two=3),
    "an attribute of a method": lambda c: setattr(c.plain, "shown", 1),
    "what a closure holds": lambda c: c.closed.__closure__[0].cell_contents.append(3),
    "another value in a closure": lambda c: setattr(c.closed.__closure__[0], "cell_contents", 3),
    "another property": lambda c: setattr(c, "shown", property(lambda self: 2)),
    "another class method": lambda c: setattr(c, "made", classmethod(lambda cls: 2)),
    "another static method": lambda c: setattr(c, "free", staticmethod(lambda: 2)),
    "a new attribute": lambda c: setattr(c, "y", 1),
    "an attribute less": lambda c: delattr(c, "shown"),
    "a number": lambda c: setattr(c, "x", 2),
    "a number in a table": lambda c: c.TABLE.update(a=2),
    "a function in a table": lambda c: c.TABLE.update(f=max),
    "a word more": lambda c: c.WORDS.add("c"),
    "a word": lambda c: setattr(c, "WORDS", {"a", "c"}),
    "the default of a field": lambda c: setattr(c.__dataclass_fields__["x"], "default", 2),
    "a flag of a field": lambda c: setattr(c.__dataclass_fields__["x"], "repr", False),
    "the metadata of a field": lambda c: setattr(
        c.__dataclass_fields__["x"], "metadata", types.MappingProxyType({"a": 1})
    ),
    "the constructor": lambda c: setattr(c, "__init__", lambda self: None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_a_class(change):
    one = make()
    before = glance(one)
    assert before is not None
    assert glance(one) == before
    CHANGES[change](one)
    assert glance(one) != before


def test_bases():
    class A:
        pass

    class B:
        pass

    class C(A):
        pass

    before = glance(C)
    C.__bases__ = (B,)
    assert glance(C) != before


def test_tables():
    table: dict[str, Any] = {"one": int, "two": len, "three": held(1), "four": (1, [2])}
    before = glance(table)
    assert before is not None
    assert glance(table) == before
    table["four"][1].append(3)
    assert glance(table) != before


@pytest.mark.parametrize(
    "value",
    [
        {"local": make_local()},  # a class without a place of its own
        {"object": dataclasses.make_dataclass("Made", [])()},
        {"partial": functools.partial(len)},
        {(1, 2.5): bytearray(3)},
        type("Holder", (), {"x": bytearray(3)}),
        [1],
        held(1),
        3,
    ],
)
def test_where_only_a_whole_look_tells(value):
    assert glance(value) is None


def test_any_key_of_a_table():
    assert glance({"__annotations__": 3}) not in (None, glance({"__annotations__": 4}))


def test_circles_end():
    table: dict[str, Any] = {}
    table["itself"] = table
    assert glance(table) is None


def test_a_cell_that_is_empty():
    def late():
        return never

    if not late:
        never = 1
    assert glance({"late": late}) is not None
