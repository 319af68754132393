"""The entry of one symbol, from the statements that make it: see symbols.py for which there are."""

from __future__ import annotations

import ast
from typing import Any

from pipeline.code.clean import strip_annotations
from pipeline.code.entry import Entry
from pipeline.code.hashing import short_hash
from pipeline.code.nature import decorated, is_changeable, is_subclass_aware, words_of
from pipeline.code.references import References
from pipeline.code.scopes import join, walk_scope
from pipeline.code.syntax import FunctionNode, decorator_chain, digest, walk

# A stage's outputs are a field of its fingerprint, and its parameters another.
STAGE_DECORATOR = {"pipeline.stage.stage", "pipeline.stage"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ALL_LOCALS = {"locals", "vars", "eval", "exec", "_getframe", "currentframe"}


def symbol_entry(
    name: str, parts: list[tuple[ast.AST, References]], targets: list[str], rebound: bool
) -> Entry:
    """The entry of a name. `parts` are its statements with what they refer to, `targets` what
    imports bind it to, `rebound` whether a function gives it another value."""
    nodes = [node for node, _ in parts]
    inner = [n for node in nodes for n in walk(node)]  # once: most of the time goes into walks
    groups = [group for _, visitor in parts for group in visitor.groups]
    conditional = {
        kind: short_hash("\0".join(found))
        for kind in ("docs", "annotations", "texts")
        if (found := [getattr(n, kind) for n in inner if hasattr(n, kind)])
    }
    return Entry(
        digest(*nodes, own=name) if nodes else "",
        list(dict.fromkeys(targets)),
        groups,
        sorted(set().union(*(visitor.escaping for _, visitor in parts))),
        rebound or any(map(is_changeable, nodes)),
        any(map(is_subclass_aware, nodes)),
        sorted(words_of(inner)),
        conditional,
        any(map(decorated, nodes)),
        any(isinstance(n, (*_FUNCTIONS, ast.Lambda)) for node in nodes for n in walk_scope(node)),
    )


def stage_entry(function: FunctionNode, package: str, targets: dict[str, list[str]]) -> Entry:
    """The body of a stage; `unused` are the arguments that it never mentions."""
    arguments = [node.arg for node in walk(function.args) if isinstance(node, ast.arg)]
    mentioned = {getattr(n, "id", getattr(n, "attr", "")) for s in function.body for n in walk(s)}
    for node in walk(function):
        vars(node).pop("reference", None)
    plain = [ast.arg(name) for name in sorted(arguments)]
    function.args = ast.arguments([], plain, kwonlyargs=[], kw_defaults=[], defaults=[])
    visitor = References(package, targets)
    visitor.visit(function)
    function.args.args = []
    entry = symbol_entry(function.name, [(function, visitor)], [], False)
    unused = [] if mentioned & _ALL_LOCALS else sorted({*arguments} - mentioned)
    return entry._replace(unused=unused, named=False)


def group_entry(methods: list[ast.stmt], package: str, targets: dict[str, list[str]]) -> Entry:
    """The methods of a dataclass: what counts of it as a group of parameters."""
    visitor = References(package, targets)
    for node in (n for method in methods for n in walk(method)):
        vars(node).pop("reference", None)
    for method in methods:
        visitor.visit(method)
    return symbol_entry("", [(ast.Module(methods, []), visitor)], [], False)


def row(entry: Entry) -> list[Any]:
    """An entry as a JSON value."""
    return [*entry[:7], dict(entry.conditional), *entry[8:]]


def dataclass_methods(statement: ast.ClassDef) -> list[ast.stmt]:
    """What a dataclass can do, beside holding its fields."""
    if not any(decorator_chain(one)[-1:] == ["dataclass"] for one in statement.decorator_list):
        return []
    return [node for node in statement.body if isinstance(node, _FUNCTIONS)]


def take_stage(
    statement: ast.AST, targets: dict[str, list[str]], stars: list[str]
) -> FunctionNode | None:
    """Take the decorator off a stage; the stage's own function where the statement is one. `stars`
    are the modules whose names are all imported."""

    def is_stage(decorator: ast.AST) -> bool:
        root, *attributes = decorator_chain(decorator) or [""]
        known = targets.get(root) or [f"{star}:{root}" for star in stars]
        found = (join(target, attributes) for target in known)
        return any(target.replace(":", ".") in STAGE_DECORATOR for target in found)

    for node in walk_scope(statement):
        if isinstance(node, _FUNCTIONS) and any(map(is_stage, node.decorator_list)):
            node.decorator_list = [d for d in node.decorator_list if not is_stage(d)]
            strip_annotations(node)
            if node is statement:
                return node
    return None
