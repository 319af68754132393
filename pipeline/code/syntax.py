"""Normalised syntax: what of a piece of Python can change a result, and its digest.

`digest` hashes a tree that clean.py has gone over, without positions, by a tree walk of its own:
`ast.dump` writes differently in each Python version, and fields that a version adds are empty where
they are not used. The same source has the same digest in Python 3.11 and newer.

A node that refers to something outside its statement has been given the number of that reference
(`reference`, see scopes.py) and is written as that number; and the name that a statement of the top
level binds is written as "own". So how things are called and imported leaves no trace, and what the
numbers stand for is for graph.py to say.
"""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterable
from functools import cache
from typing import Any

from pipeline.code.bytecode import at_names
from pipeline.code.hashing import constant_text, short_hash

_SKIPPED_FIELDS = {"ctx", "kind", "type_comment", "type_ignores"}
_NAMING = {"id", "name"}
# What holds no node that has others below it: operators (a third of all nodes), names, and flags.
_LEAVES = {
    *("ctx", "op", "ops", "id", "attr", "arg", "asname", "module", "level", "kind"),
    *("type_comment", "conversion", "simple", "is_async", "rest", "kwd_attrs"),
}
_GAPS = {"keys", "kw_defaults"}  # lists in which None has a meaning
_CHILDLESS = (ast.Name, ast.Constant, ast.alias, ast.Global, ast.Nonlocal)

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

_PARSING = threading.Lock()


def parse(source: bytes | str) -> ast.Module:
    """`ast.parse`, by one thread at a time: CPython 3.11 counts its depth for all of them together,
    and ends in a `SystemError` where two take turns."""
    with _PARSING:
        return ast.parse(source)


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below a node, but for operators and the like. As `ast` has it, but faster."""
    found: list[ast.AST] = []
    _append_children(node, found)
    return found


def walk(node: ast.AST) -> list[ast.AST]:
    """A node and all below it but operators and the like, level by level."""
    nodes = [node]
    for inner in nodes:  # which grows meanwhile
        _append_children(inner, nodes)
    return nodes


def _append_children(node: ast.AST, found: list[ast.AST]) -> None:
    kind: type = node.__class__
    for field in fields_with_children(kind):
        value = getattr(node, field, None)
        if value.__class__ is list:
            found += [inner for inner in value if inner] if field in _GAPS else value
        elif isinstance(value, ast.AST):
            found.append(value)


def branches(node: ast.AST | None) -> bool:
    """Whether it is no name, constant or gap: what is more than half of all nodes."""
    return node is not None and not isinstance(node, _CHILDLESS)


@cache
def fields_with_children(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a kind of node that hold nodes, or lists of them, with others below."""
    if issubclass(kind, _CHILDLESS):
        return ()
    return tuple(field for field in kind._fields if field not in _LEAVES)


def chain(node: ast.AST) -> list[str]:
    """The names in `a.b.c`, or [] where `node` is another kind of expression."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *reversed(names)] if isinstance(node, ast.Name) else []


def decorator_chain(node: ast.AST) -> list[str]:
    """The names of a decorator, with or without a call."""
    return chain(node.func if isinstance(node, ast.Call) else node)


def digest(*nodes: ast.AST, own: str = "") -> str:
    """The short SHA-256 of normalised syntax trees, in order, as parts of what `own` names."""
    texts: list[str] = []
    _write(list(nodes), texts, own)
    return short_hash("".join(texts))


def _write(value: Any, texts: list[str], own: str) -> None:
    """Append the texts of a tree. (A generator would hand each text on through every level.)"""
    if isinstance(value, ast.AST):
        reference = getattr(value, "reference", None)
        if reference is not None:
            stored = isinstance(getattr(value, "ctx", None), ast.Store)
            texts.append(f"{'store' if stored else ''}{reference};")
            return
        kind: type = type(value)
        texts.append(f"{kind.__name__}(")
        for field in _counted(kind):
            inner = getattr(value, field, None)
            if inner is not None and inner != []:
                texts.append(f"{field}=")
                if field in _NAMING and inner == own and getattr(value, "top", False):
                    texts.append("own;")
                else:
                    _write(inner, texts, own)
        texts.append(")")
    elif isinstance(value, list):  # None inside one has a meaning: {**a, 1: b}
        texts.append("[")
        for inner in value:
            _write(inner, texts, own)
        texts.append("]")
    else:
        texts.append(constant_text(value) + ";")


@cache
def _counted(kind: type[ast.AST]) -> list[str]:
    return sorted(set(kind._fields) - _SKIPPED_FIELDS)


def names_in_texts(nodes: Iterable[ast.AST]) -> list[str]:
    """Names that texts refer to as `@name`."""
    parts = (part for node in nodes for part in walk(node) if isinstance(part, ast.Constant))
    texts = [part.value for part in parts if isinstance(part.value, str)]
    return [name for text in texts for name in at_names(text)]
