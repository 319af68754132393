"""What a statement refers to, by Python's rules of scope.

A reference is written `:name.attribute` where the name is one of the module's own, and
`package.module:name.attribute` where an import inside a function has bound it. Names that a
function, a lambda or a comprehension binds for itself are no references.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.code.syntax import chain, children, decorator_chain, walk

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_BY_NAME = (["import_module"], ["__import__"])


class References(ast.NodeVisitor):
    """Collects `references`, those of them made while the statement itself runs (`now`), and what
    is called then: functions and decorators (`calls`), classes derived from (`bases`)."""

    def __init__(self, package: str) -> None:
        self.references: set[str] = set()
        self.now: set[str] = set()
        self.calls: set[str] = set()
        self.bases: set[str] = set()
        self._package = package
        self._scopes: list[tuple[dict[str, list[str]], bool]] = []
        self._functions = 0

    def generic_visit(self, node: ast.AST) -> None:
        for inner in children(node):
            self.visit(inner)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) or self._functions:  # a `global` name is stored to
            self._refer([node.id])

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if names := chain(node):
            self._refer(names)
        else:
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        names = chain(node.func)
        self._call(names, self.calls)
        if names[-1:] in _BY_NAME and node.args and isinstance(node.args[0], ast.Constant):
            self.references.add(f"{node.args[0].value}:")
        self.generic_visit(node)

    def visit_FunctionDef(self, node: Any) -> None:
        self._visit_all(node.decorator_list, self.calls)
        self._visit_all([*getattr(node, "type_params", ()), *([node.returns] * bool(node.returns))])
        self._visit_function(node, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - named by ast

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_function(node, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        keywords = [keyword.value for keyword in node.keywords]
        self._visit_all([*node.decorator_list, *keywords], self.calls)
        self._visit_all(node.bases, self.bases)
        nodes = (inner for statement in node.body for inner in walk_scope(statement))
        imported = {name: found for name, found in bound(nodes, self._package) if found}
        self._scopes.append((imported, True))
        self._visit_all([*getattr(node, "type_params", ()), *node.body])
        self._scopes.pop()

    def visit_ListComp(self, node: Any) -> None:
        self.visit(node.generators[0].iter)  # the one part that is evaluated outside
        stored = (name for part in node.generators for name in names_in(part.target))
        self._scopes.append(({name: [] for name in stored}, False))
        self.generic_visit(node)
        self._scopes.pop()

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp  # noqa: N815

    def _visit_function(self, node: Any, body: list[ast.AST]) -> None:
        self.visit(node.args)  # the defaults, and annotations where they count
        arguments = [inner for inner in children(node.args) if hasattr(inner, "arg")]
        scope: dict[str, list[str]] = {argument.arg: [] for argument in arguments}
        nodes = [inner for statement in body for inner in walk_scope(statement)]
        for name, found in bound(nodes, self._package):
            scope.setdefault(name, []).extend(found)
        for inner in nodes:
            if isinstance(inner, ast.Global | ast.Nonlocal):
                for name in inner.names:
                    scope.pop(name, None)
        self._scopes.append((scope, False))
        self._functions += 1
        self._visit_all(body)
        self._functions -= 1
        self._scopes.pop()

    def _visit_all(self, nodes: Iterable[ast.AST], called: set[str] | None = None) -> None:
        for node in nodes:
            if called is not None:
                self._call(decorator_chain(node), called)
            self.visit(node)

    def _refer(self, names: list[str]) -> None:
        found = self._resolve(names)
        self.references.update(found)
        if not self._functions:
            self.now.update(found)

    def _call(self, names: list[str], called: set[str]) -> None:
        if names and not self._functions:
            called.update(self._resolve(names))

    def _resolve(self, names: list[str]) -> list[str]:
        root, *attributes = names
        found = []
        for scope, is_class in reversed(self._scopes):
            if root in scope:
                found += [join(target, attributes) for target in scope[root]]
                if not is_class:  # methods do not see what the class body binds
                    return found
        return [*found, ":" + ".".join(names)]


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


def import_base(node: ast.ImportFrom, package: str) -> str:
    """The absolute name of the module that `from … import` imports from."""
    if not node.level:
        return node.module
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
