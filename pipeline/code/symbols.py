"""The symbols of one module file: what each name at its top level is made of and refers to.

`scan` reads a source and returns a table of plain JSON values:

    symbols   name → [digest, targets, references, changeable, subclass-aware]
    effects   [[name, calls, bases, references], …]: what statements of the top level call, and
              with what; a class calls its bases, if they are aware of their subclasses
    stars     modules of `from m import *`
    imports   every module that the file may import, at any depth

A name counts all statements that bind or change it, in order: two definitions in the branches of an
`if`, `REGISTRY["relu"] = relu`, `NAMES.append(…)`. A name that only an import binds has no digest
of its own, only `targets`, and stands for them. A reference says what is used: `:name.attribute`
starts in this module, `package.module:name.attribute` in another. A symbol is changeable where code
elsewhere can change what it holds: a dict, an object, but no function and no number.

Where a statement cannot be split (`for`, `while`, `with`, `try`, `match`), each name in it counts
all of it. A local variable hides a name of the module; otherwise, when in doubt, a name counts.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.code.hashing import short_hash
from pipeline.code.scopes import (
    References,
    bound,
    import_base,
    join,
    names_in,
    root_name,
    walk_scope,
)
from pipeline.code.syntax import clean, decorator_chain, digest, is_plain, strip_annotations, walk

# A stage's outputs are a field of its fingerprint, and its parameters another.
STAGE_DECORATOR = {"pipeline.stage.stage", "pipeline.stage"}
WHOLE_SOURCE = "<source>"

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
_FIXED = (ast.Constant, ast.Tuple, ast.UnaryOp, ast.BinOp)
_CONTAINERS = {"dict", "list", "set", "defaultdict", "OrderedDict", "Counter", "deque"}
_METACLASSES = ("type", "Type", "Meta")
_SUBCLASS_AWARE = {"__init_subclass__", "__subclasses__"}


def scan(source: bytes, module: str, is_package: bool) -> dict[str, Any]:
    """The table of a module. A source that does not parse counts byte by byte."""
    package = module if is_package else module.rpartition(".")[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are about the source, and not ours to give
            return _table(clean(ast.parse(source)), package)
    except (SyntaxError, ValueError, RecursionError):
        whole = [short_hash(source.decode("latin-1")), [], [], False, False]
        return {"symbols": {WHOLE_SOURCE: whole}, "effects": [], "stars": [], "imports": []}


def _table(tree: ast.Module, package: str) -> dict[str, Any]:
    nodes = walk(tree)
    imports = _imports(nodes, package)
    stars = [base for base, name in imports if name == "*"]
    statements = list(_statements(tree.body))
    targets: dict[str, list[str]] = {}
    for statement in statements:
        for name, found in bound(walk_scope(statement), package):
            targets.setdefault(name, []).extend(found)
    parts: dict[str, list[ast.AST]] = {name: [] for name in targets}
    references: dict[str, set[str]] = {name: set() for name in targets}
    effects = []

    def known(found: Iterable[str]) -> set[str]:
        """What may lead to the project, without attributes that only a module would need."""
        kept = set()
        for reference in found:
            head, _, tail = reference.partition(":")
            name = tail.partition(".")[0]
            if head or targets.get(name) or (stars and name not in targets):
                kept.add(reference)
            elif name in targets:
                kept.add(f":{name}")
        return kept

    for statement in statements:
        if isinstance(statement, _IMPORTS):
            continue
        _strip_stage(statement, targets)
        visitor = References(package)
        visitor.visit(statement)
        calls, bases = known(visitor.calls), known(visitor.bases)
        names = _owners(statement, package, bool(calls))
        names = [name for name in names if known([f":{name}"])]
        for name in names:
            if name not in parts:  # changed here, bound by a star import
                targets[name] = [f"{star}:{name}" for star in stars]
                parts[name], references[name] = [], set()
            parts[name].append(statement)
            references[name] |= known(visitor.references)
        if names and calls | bases:
            effects.append([names[0], *map(sorted, (calls, bases, known(visitor.now)))])
    rebound = {n for node in nodes if isinstance(node, ast.Global) for n in node.names}
    return {
        "symbols": {
            name: [
                digest(*parts[name]) if parts[name] else "",
                list(dict.fromkeys(targets[name])),
                sorted(references[name]),
                name in rebound or any(map(_is_changeable, parts[name])),
                any(map(_is_subclass_aware, parts[name])),
            ]
            for name in targets
        },
        "effects": effects,
        "stars": stars,
        "imports": sorted(
            {base for base, _ in imports} | {f"{b}.{n}" for b, n in imports if n not in ("", "*")}
        ),
    }


def _imports(nodes: Iterable[ast.AST], package: str) -> list[tuple[str, str]]:
    """What is imported anywhere in the file: (module, name or "")."""
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = import_base(node, package)
            found += [(base, alias.name) for alias in node.names]
    return found


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of the top level; one below an `if` stands alone below a copy of it."""
    for statement in body:
        if isinstance(statement, ast.If):
            for inner in _statements(statement.body):
                yield ast.If(statement.test, [inner], [])
            for inner in _statements(statement.orelse):
                yield ast.If(statement.test, [], [inner])
        else:
            yield statement


def _owners(statement: ast.AST, package: str, calls: bool) -> list[str]:
    """The names whose value a statement of the top level makes or changes."""
    nodes = list(walk_scope(statement))
    names = [name for name, _ in bound(nodes, package)]
    for node in nodes:
        if isinstance(node, ast.Subscript | ast.Attribute):
            names += [] if isinstance(node.ctx, ast.Load) else root_name(node)
        elif isinstance(node, ast.Expr):
            names += root_name(node.value)
    if calls:  # perhaps with an effect on one of them
        names = names or names_in(statement)
    return list(dict.fromkeys(names))


def _strip_stage(statement: ast.AST, targets: dict[str, list[str]]) -> None:
    def is_stage(decorator: ast.AST) -> bool:
        root, *attributes = decorator_chain(decorator) or [""]
        found = (join(target, attributes) for target in targets.get(root, ()))
        return any(target.replace(":", ".") in STAGE_DECORATOR for target in found)

    for node in walk_scope(statement):
        if isinstance(node, _FUNCTIONS) and any(map(is_stage, node.decorator_list)):
            node.decorator_list = [d for d in node.decorator_list if not is_stage(d)]
            strip_annotations(node)


def _is_changeable(statement: ast.AST) -> bool:
    """Whether other code may change what a statement has bound."""
    match statement:
        case ast.If(body=[inner]) | ast.If(orelse=[inner]):
            return _is_changeable(inner)
        case ast.Assign(value=value):
            return not all(isinstance(node, _FIXED) for node in walk(value))
        case ast.ClassDef(body=body):
            holds = any(_is_container(getattr(inner, "value", None)) for inner in body)
            return holds or _is_subclass_aware(statement)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return not is_plain(statement)  # whatever its decorator has made of it
    return True


def _is_subclass_aware(statement: ast.AST) -> bool:
    """Whether deriving from a class runs code of it, or lets it find who has derived."""
    for node in walk_scope(statement):
        if isinstance(node, ast.ClassDef):
            words = {getattr(n, "name", getattr(n, "attr", "")) for n in walk(node)}
            bases = (decorator_chain(base)[-1:] for base in node.bases)
            if words & _SUBCLASS_AWARE or any("".join(b).endswith(_METACLASSES) for b in bases):
                return True
    return False


def _is_container(value: ast.AST | None) -> bool:
    called = decorator_chain(value) if isinstance(value, ast.Call) else []
    return isinstance(value, ast.Dict | ast.List | ast.Set) or bool(_CONTAINERS & {*called[-1:]})
