"""Functions without a source: typed at a prompt, written in a cell, made by `exec`.

They count by their bytecode, which differs between versions of Python, and by the values that they
use, which live in no file.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator
from types import CodeType
from typing import Any

from pipeline.code.hashing import constant_text

_NAMES = {"LOAD_GLOBAL", "LOAD_NAME"}
_ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD"}
# Methods of a DataFrame whose texts refer to names of who calls: "a > @name".
ASKED_IN_TEXT = {"query", "eval"}


def code_text(code: CodeType, words: Collection[str] = ()) -> str:
    """The bytecode and the constants of a function, without positions and paths. `words` are what
    the code that is reached looks at: docstrings and names count where it does."""
    constants = list(code.co_consts)
    if _documented(code) and "docs" not in words:
        constants[0] = None
    inner = [
        code_text(c, words) if isinstance(c, CodeType) else constant_text(c) for c in constants
    ]
    shape = (code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount, code.co_flags & 0xF)
    named = [code.co_qualname] if "names" in words else []
    texts = [code.co_code.hex(), code.co_exceptiontable.hex(), str(shape), *inner, *named]
    return "\n".join([*texts, *code.co_names, *code.co_varnames])


def _documented(code: CodeType) -> bool:
    """Whether the first constant is a docstring, or (before Python 3.14) can be nothing else."""
    if sys.version_info >= (3, 14) and code.co_flags & 2:  # of a function
        return bool(code.co_flags & 0x4000000)
    return isinstance((*code.co_consts, None)[0], str) and not code.co_name.startswith("<")


def used_names(code: CodeType) -> list[tuple[str, ...]]:
    """The names of the module that a function asks for, with the attributes asked of each: for
    `m.f(1) + x` ("m", "f") and ("x",). In order, each once."""
    return list(dict.fromkeys(_chains(code)))


def imports_of(code: CodeType) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """The imports inside a function: level, module, names; of `import m` no names."""
    import dis

    before: list[Any] = [0, None]
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            yield before[-2] or 0, instruction.argval, tuple(before[-1] or ())
        before = [*before[-1:], instruction.argval]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from imports_of(constant)


def texts_in(code: CodeType) -> Iterator[str]:
    """The texts that are written in a function, without its docstring; those in tuples, too."""
    waiting: list[Any] = list(code.co_consts[1 if _documented(code) else 0 :])
    for one in waiting:  # which grows meanwhile
        if isinstance(one, str):
            yield one
        elif isinstance(one, CodeType):
            yield from texts_in(one)
        elif isinstance(one, tuple | frozenset):
            waiting += one


def all_names(code: CodeType) -> Iterator[str]:
    """The names of variables and attributes that a function asks for, and those inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from all_names(constant)


def at_names(text: str) -> list[str]:
    """The names that a text refers to as `@name`."""
    return re.findall(r"@([^\W\d]\w*)", text)


def _chains(code: CodeType) -> Iterator[tuple[str, ...]]:
    import dis  # imported here: few functions are without a source

    chain: tuple[str, ...] = ()
    for instruction in dis.get_instructions(code):
        if instruction.opname in _ATTRIBUTES and chain:
            chain = (*chain, str(instruction.argval))
            continue
        if instruction.opname in ("CACHE", "PUSH_NULL", "PRECALL"):
            continue
        if chain:
            yield chain
        chain = (str(instruction.argval),) if instruction.opname in _NAMES else ()
    if chain:
        yield chain
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _chains(constant)
        elif isinstance(constant, str) and not ASKED_IN_TEXT.isdisjoint(code.co_names):
            yield from ((name,) for name in at_names(constant))
