"""Functions without a source: typed at a prompt, written in a cell, made by `exec`.

They count by their bytecode, which differs between versions of Python, and by the values that they
use, which live in no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import CodeType

from pipeline.code.hashing import constant_text

_NAMES = {"LOAD_GLOBAL", "LOAD_NAME"}
_ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD"}
# Methods of a DataFrame whose texts refer to names of who calls: "a > @name".
ASKED_IN_TEXT = {"query", "eval"}


def code_text(code: CodeType) -> str:
    """The bytecode and the constants of a function, without positions, paths and docstrings."""
    constants = list(code.co_consts)
    if constants and isinstance(constants[0], str) and not code.co_name.startswith("<"):
        constants[0] = None
    inner = [code_text(c) if isinstance(c, CodeType) else constant_text(c) for c in constants]
    shape = (code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount, code.co_flags & 0xF)
    return "\n".join([code.co_code.hex(), str(shape), *inner, *code.co_names, *code.co_varnames])


def used_names(code: CodeType) -> list[tuple[str, ...]]:
    """The names of the module that a function asks for, with the attributes asked of each: for
    `m.f(1) + x` ("m", "f") and ("x",). In order, each once."""
    return list(dict.fromkeys(_chains(code)))


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
