"""Scopes: which names a node binds, and which nodes belong to the same scope."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.code.syntax import children, walk

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def bound(nodes: Iterable[ast.AST], package: str) -> Iterator[tuple[str, list[str]]]:
    """The names that nodes of one scope bind in it, each with what an import binds it to."""
    for inner in nodes:
        match inner:
            case ast.Name(id=name) if not isinstance(inner.ctx, ast.Load):
                yield name, []
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, []
            case ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                yield name, []
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, []
            case ast.MatchMapping(rest=str(name)):
                yield name, []
            case ast.ImportFrom():
                base = import_base(inner, package)
                names = (alias for alias in inner.names if alias.name != "*")
                yield from ((a.asname or a.name, [f"{base}:{a.name}"]) for a in names)
            case ast.Import():
                for alias in inner.names:  # `import a.b` binds a
                    module = alias.name if alias.asname else alias.name.partition(".")[0]
                    yield alias.asname or module, [f"{module}:"]


def function_scope(node: Any, body: Iterable[ast.AST], package: str) -> dict[str, list[str]]:
    """The names that a function or a lambda binds for itself, each with what imports bind it to."""
    arguments = [inner for inner in children(node.args) if hasattr(inner, "arg")]
    scope: dict[str, list[str]] = {argument.arg: [] for argument in arguments}
    nodes = [inner for statement in body for inner in walk_scope(statement)]
    for name, found in bound(nodes, package):
        scope.setdefault(name, []).extend(found)
    for inner in nodes:
        if isinstance(inner, ast.Global | ast.Nonlocal):
            for name in inner.names:
                scope.pop(name, None)
    return scope


def import_base(node: ast.ImportFrom, package: str) -> str:
    """The absolute name of the module that `from … import` imports from."""
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    parents = parents[: len(parents) - node.level + 1]
    return ".".join([*parents, *([node.module] if node.module else [])])


def walk_scope(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it that belongs to the same scope."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, _COMPREHENSIONS):  # := binds outside
            named = (inner for inner in walk(node) if isinstance(inner, ast.NamedExpr))
            yield from (inner.target for inner in named)
        elif not isinstance(node, _SCOPES):
            waiting += reversed(children(node))


def root_name(node: ast.AST) -> list[str]:
    """[a] for `a.b`, `a[0]`, `a.b(1)[2]` and the like; [] where no name is at the root."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return [node.id] if isinstance(node, ast.Name) else []


def names_in(node: ast.AST) -> list[str]:
    """Every name in an expression or a statement."""
    return [inner.id for inner in walk(node) if isinstance(inner, ast.Name)]


def join(target: str, attributes: list[str]) -> str:
    """`module:` and `module:name` with attributes added."""
    separator = "" if target.endswith(":") or not attributes else "."
    return target + separator + ".".join(attributes)
