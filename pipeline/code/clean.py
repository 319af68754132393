"""Cleaning: what of a syntax tree cannot change a result is taken out of it, or set aside.

Taken out: statements without effect, `if TYPE_CHECKING:` blocks, annotations of local variables.

Set aside, in the `vars` of the node, for they count only where code that is reached looks at them:

    docs         docstrings                                 (`__doc__`, `inspect.getdoc`)
    annotations  of arguments, results and dataclass fields (`__annotations__`, `get_type_hints`)
    texts        of log calls and warnings                  (a handler that keeps what it is given)

Annotations of a decorated function stay, since its decorator may read them
(`functools.singledispatch` does), and so do those in class bodies that are no dataclass: a
`pydantic` model makes fields of them. `ClassVar`, `InitVar` and `KW_ONLY` stay in a dataclass too.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any

from pipeline.code.syntax import (
    FunctionNode,
    branches,
    chain,
    decorator_chain,
    digest,
    fields_with_children,
    walk,
)

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
_LOG_METHODS = {"debug", "info", "warn", "warning", "error", "exception", "critical", "log"}
_FIELD_KINDS = {"ClassVar", "InitVar", "KW_ONLY"}


def cleaned(tree: ast.Module, loggers: Collection[str] = ()) -> ast.Module:
    """Take out, in place, what cannot change a result. `loggers` are names that only log."""
    _Cleaner(loggers).visit(tree)
    return tree


def is_plain(node: FunctionNode) -> bool:
    """Whether a function has no decorators but those known to leave it what it is."""
    decorators = (decorator_chain(decorator) for decorator in node.decorator_list)
    return all(names and names[-1] in PLAIN_DECORATORS for names in decorators)


def strip_annotations(node: FunctionNode) -> None:
    """Set the annotations of a function aside, unless it has a decorator that may read them."""
    if is_plain(node):
        found = [node.returns] if node.returns else []
        node.returns = None
        for argument in walk(node.args):
            if isinstance(argument, ast.arg) and argument.annotation:
                found += [ast.Constant(argument.arg), argument.annotation]
                argument.annotation = None
        if found:
            vars(node)["annotations"] = digest(*found)


class _Cleaner(ast.NodeTransformer):
    def __init__(self, loggers: Collection[str]) -> None:
        self._loggers = loggers
        self._in_class = ""  # "", "class" or "dataclass"

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """As `ast` has it, but past the many nodes that nothing is taken out of."""
        kind: type = node.__class__
        for field in fields_with_children(kind):
            value = getattr(node, field, None)
            if isinstance(value, list):
                visited = (_as_list(self.visit(n)) if branches(n) else [n] for n in value)
                value[:] = [inner for part in visited for inner in part]
            elif isinstance(value, ast.AST) and branches(value):
                setattr(node, field, self.visit(value))
        return node

    def visit_FunctionDef(self, node: FunctionNode) -> ast.AST:
        strip_annotations(node)
        return self._visit_scope(node, "")

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - named by ast

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        decorators = [decorator_chain(decorator)[-1:] for decorator in node.decorator_list]
        fields = bool(decorators) and all(names == ["dataclass"] for names in decorators)
        fields = fields or any(chain(base)[-1:] == ["NamedTuple"] for base in node.bases)
        return self._visit_scope(node, "dataclass" if fields else "class")

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if not self._in_class:
            if node.value is not None:
                assigned: ast.AST = self.visit(ast.Assign([node.target], node.value))
                return assigned
            del node.annotation
        elif self._in_class == "dataclass" and not _FIELD_KINDS & _words(node.annotation):
            vars(node)["annotations"] = digest(node.annotation)
            node.annotation = ast.Constant(...)  # it is a field for all that
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> Any:
        if chain(node.test)[-1:] == ["TYPE_CHECKING"]:
            return [kept for inner in node.orelse for kept in _as_list(self.visit(inner))]
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant):
            return None
        visited = self.generic_visit(node)
        if isinstance(node.value, ast.Call) and self._logs(node.value):
            vars(node)["texts"] = digest(*_blanked(node.value))
        return visited

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """A logger's name is that of its module, wherever that moves."""
        if chain(node.func)[-1:] == ["getLogger"]:
            node.args = [a for a in node.args if chain(a) != ["__name__"]]
        return self.generic_visit(node)

    def visit_Pass(self, node: ast.Pass) -> None:
        return None

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Join the texts of an f-string: versions cut them differently."""
        values: list[ast.expr] = []
        for value in node.values:
            last = values[-1] if values else None
            if not isinstance(value, ast.Constant):
                values.append(self.visit(value))
            elif isinstance(last, ast.Constant):
                values[-1] = ast.Constant(str(last.value) + str(value.value))
            elif value.value:
                values.append(value)
        return ast.JoinedStr(values)

    def _logs(self, call: ast.Call) -> bool:
        root, *rest = chain(call.func) or [""]
        return root in self._loggers and len(rest) == 1 and rest[0] in _LOG_METHODS

    def _visit_scope(self, node: FunctionNode | ast.ClassDef, in_class: str) -> ast.AST:
        if doc := ast.get_docstring(node, clean=False):
            vars(node)["docs"] = doc
        before, self._in_class = self._in_class, in_class
        try:
            return self.generic_visit(node)
        finally:
            self._in_class = before


def _blanked(call: ast.Call) -> list[ast.Constant]:
    """The texts among the arguments of a call, each of which leaves "" behind."""
    texts = []
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        if isinstance(argument, ast.JoinedStr):
            texts += [part for part in argument.values if isinstance(part, ast.Constant)]
            argument.values = [v for v in argument.values if not isinstance(v, ast.Constant)]
        elif isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            texts.append(ast.Constant(argument.value))
            argument.value = ""
    return texts


def _words(node: ast.AST) -> set[str]:
    """Every name in an annotation, also where it is written as a text."""
    found = set()
    for inner in walk(node):
        found |= {getattr(inner, "id", ""), getattr(inner, "attr", "")}
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            found |= set(inner.value.replace(".", " ").replace("[", " ").split())
    return found


def _as_list(value: Any) -> list[ast.AST]:
    return value if isinstance(value, list) else [value] if value else []
