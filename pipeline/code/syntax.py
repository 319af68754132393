"""Normalised syntax: what of a piece of Python can change a result, and its digest.

`clean` takes out of a tree what cannot: docstrings and other statements without effect, `if
TYPE_CHECKING:` blocks, annotations outside class bodies (inside, they make fields). Annotations of
a decorated function stay, since its decorator may read them (`functools.singledispatch` does).

`digest` hashes what is left, without positions, by a tree walk of its own: `ast.dump` writes
differently in each Python version, and fields that a version adds are empty where they are not
used. The same source has the same digest in Python 3.11 and newer.
"""

from __future__ import annotations

import ast
import json
from functools import cache
from typing import Any

from pipeline.code.hashing import short_hash

# Decorators known not to read annotations.
PLAIN_DECORATORS = {
    "abstractmethod",
    "cache",
    "cached_property",
    "classmethod",
    "contextmanager",
    "lru_cache",
    "overload",
    "property",
    "setter",
    "staticmethod",
    "wraps",
}
_SKIPPED_FIELDS = {"ctx", "kind", "type_comment", "type_ignores"}
_LEAVES = {"ctx", "op", "ops"}  # a third of all nodes, and below them is nothing


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below a node, but for operators and the like. As `ast` has it, but faster."""
    found: list[ast.AST] = []
    for field in _fields_with_children(type(node)):
        value = getattr(node, field, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [inner for inner in value if isinstance(inner, ast.AST)]
    return found


def walk(node: ast.AST) -> list[ast.AST]:
    """A node and all below it but operators and the like, level by level."""
    nodes = [node]
    for inner in nodes:  # which grows meanwhile
        nodes += children(inner)
    return nodes


@cache
def _fields_with_children(kind: type[ast.AST]) -> list[str]:
    return [field for field in kind._fields if field not in _LEAVES]


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


def clean(tree: ast.AST) -> ast.AST:
    """Take out, in place, what cannot change a result."""
    return _Cleaner().visit(tree)


def digest(*nodes: ast.AST) -> str:
    """The short SHA-256 of normalised syntax trees, in order."""
    texts: list[str] = []
    _write(list(nodes), texts)
    return short_hash("".join(texts))


def constant_text(value: Any) -> str:
    """A constant with its type: 1, 1.0, True, "1" and b"1" all differ, and so do 0.0 and -0.0."""
    if isinstance(value, str):
        return "str " + json.dumps(value)  # pure ASCII: repr depends on the Unicode version
    if isinstance(value, bytes):
        return "bytes " + value.hex()
    if isinstance(value, int) and not isinstance(value, bool):
        return f"int {value:x}"  # decimal digits are limited in number
    if isinstance(value, tuple):
        return f"tuple ({','.join(map(constant_text, value))})"
    if isinstance(value, frozenset):
        return f"frozenset ({','.join(sorted(map(constant_text, value)))})"
    return f"{type(value).__name__} {value!r}"


def _write(value: Any, texts: list[str]) -> None:
    """Append the texts of a tree. (A generator would hand each text on through every level.)"""
    if isinstance(value, ast.AST):
        texts.append(f"{type(value).__name__}(")
        for field in _counted(type(value)):
            inner = getattr(value, field, None)
            if inner is not None and inner != []:
                texts.append(f"{field}=")
                _write(inner, texts)
        texts.append(")")
    elif isinstance(value, list):  # None inside one has a meaning: {**a, 1: b}
        texts.append("[")
        for inner in value:
            _write(inner, texts)
        texts.append("]")
    else:
        texts.append(constant_text(value) + ";")


@cache
def _counted(kind: type[ast.AST]) -> list[str]:
    return sorted(set(kind._fields) - _SKIPPED_FIELDS)


class _Cleaner(ast.NodeTransformer):
    _in_class = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        strip_annotations(node)
        return self._visit_scope(node, in_class=False)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - named by ast

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._visit_scope(node, in_class=True)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if not self._in_class:
            if node.value is not None:
                return self.visit(ast.Assign([node.target], node.value))
            node.annotation = None
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> Any:
        if chain(node.test)[-1:] == ["TYPE_CHECKING"]:
            return [kept for inner in node.orelse for kept in _as_list(self.visit(inner))]
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Pass(self, node: ast.Pass) -> None:
        return None

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Join the texts of an f-string: versions cut them differently."""
        values: list[ast.AST] = []
        for value in node.values:
            if not isinstance(value, ast.Constant):
                values.append(self.visit(value))
            elif values and isinstance(values[-1], ast.Constant):
                values[-1] = ast.Constant(values[-1].value + value.value)
            elif value.value:
                values.append(value)
        return ast.JoinedStr(values)

    def _visit_scope(self, node: ast.AST, *, in_class: bool) -> ast.AST:
        before, self._in_class = self._in_class, in_class
        try:
            return self.generic_visit(node)
        finally:
            self._in_class = before


def is_plain(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function has no decorators but those known to leave it what it is."""
    decorators = (decorator_chain(decorator) for decorator in node.decorator_list)
    return all(names and names[-1] in PLAIN_DECORATORS for names in decorators)


def strip_annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Take the annotations off a function, unless it has a decorator that may read them."""
    if is_plain(node):
        node.returns = None
        for argument in walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None


def _as_list(value: Any) -> list[ast.AST]:
    return value if isinstance(value, list) else [value] if value else []
