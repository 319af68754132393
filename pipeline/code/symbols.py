"""The symbols of one module file: what each name at its top level is made of and refers to.

`scan` reads a source and returns a table of plain JSON values:

    symbols   name → the fields of `Entry`
    effects   [[name, calls, bases, references], …]: what statements of the top level call, and
              with what; a class calls its bases, if they are aware of their subclasses
    outside   [[name, reference], …]: statements that change something outside, of the project or
              of a package: `np.seterr(…)`, `decimal.getcontext().prec = 10`
    registers [[name, reference], …]: functions and classes that are put into a registry, and by
              what: `@pandas.api.extensions.register_dataframe_accessor(…)`
    stars     modules of `from m import *`
    imports   every module that the file may import, at any depth
    top       those that importing the file imports
    lines     [[first, last, name], …]: where in the file each statement stands
    twice     qualified names that several functions of the file have, such as `f.<locals>.<lambda>`

A name counts all statements that bind or change it, in order: two definitions in the branches of an
`if`, `REGISTRY["relu"] = relu`, `NAMES.append(…)`. A name that only an import binds has no digest
of its own, only `targets`, and stands for them. A reference says what is used: `:name.attribute`
starts in this module, `package.module:name.attribute` in another. A symbol is changeable where code
elsewhere can change what it holds: a dict, an object, but no function and no number.

The function of a stage is there twice: as it is, and as `name (stage)` without its signature, for
parameters and inputs are fields of a fingerprint of their own; and so is a dataclass with methods,
which are `name (group)`: what counts of a group of parameters.

Where a statement cannot be split (`for`, `while`, `with`, `try`, `match`), each name in it counts
all of it. A local variable hides a name of the module; otherwise, when in doubt, a name counts.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable

from pipeline.code.clean import cleaned
from pipeline.code.entries import (
    dataclass_methods,
    group_entry,
    row,
    stage_entry,
    symbol_entry,
    take_stage,
)
from pipeline.code.entry import EMPTY, Entry, Table
from pipeline.code.hashing import short_hash
from pipeline.code.nature import (
    loggers_of,
    names_made_twice,
    owners,
    top_statements,
)
from pipeline.code.references import References
from pipeline.code.scopes import bound, import_base, walk_scope
from pipeline.code.syntax import FunctionNode, parse, walk

AS_STAGE, AS_GROUP = " (stage)", " (group)"
WHOLE_SOURCE = "<source>"
DOCSTRING = "__doc__"
TOP = "<top>"  # statements that bind and change nothing by name: they count with the whole module

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_IMPORTS = (ast.Import, ast.ImportFrom)


def scan(source: bytes, module: str, is_package: bool) -> Table:
    """The table of a module. A source that does not parse counts byte by byte."""
    package = module if is_package else module.rpartition(".")[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are about the source, and not ours to give
            tree = parse(source)
            docs = ast.get_docstring(tree, clean=False)
            return _table(cleaned(tree, loggers_of(tree)), package, docs)
    except (SyntaxError, ValueError, RecursionError):
        whole = row(Entry(short_hash(source.decode("latin-1"))))
        return {**EMPTY, "symbols": {WHOLE_SOURCE: whole}}


def _table(tree: ast.Module, package: str, docs: str | None) -> Table:
    nodes = walk(tree)
    imports = _imports(nodes, package)
    top = [node for statement in tree.body for node in walk_scope(statement)]
    stars = [base for base, name in imports if name == "*"]
    statements = list(top_statements(tree.body))
    targets: dict[str, list[str]] = {}
    for statement in statements:
        for name, found in bound(walk_scope(statement), package):
            targets.setdefault(name, []).extend(found)
    if docs is not None:
        targets[DOCSTRING] = []
    visible = targets | ({"*": []} if stars else {})
    parts: dict[str, list[tuple[ast.AST, References]]] = {name: [] for name in targets}
    made: Table = {**EMPTY, "effects": [], "outside": [], "registers": [], "lines": []}
    stages: dict[str, FunctionNode] = {}

    def known(found: Iterable[str]) -> set[str]:
        return {one for one in found if not one.startswith(":") or one[1:].split(".")[0] in visible}

    for statement in statements:
        if isinstance(statement, _IMPORTS):
            continue
        stage = take_stage(statement, targets, stars)
        visitor = References(package, visible)
        visitor.visit(statement)
        calls, bases = known(visitor.calls), known(visitor.bases)
        names = owners(statement, package, bool(calls))
        names = [name for name in names if name in targets or stars]
        for node in walk_scope(statement):
            vars(node)["top"] = isinstance(node, (ast.Name, *_FUNCTIONS))
        for name in names or [TOP]:
            if name == TOP:
                targets.setdefault(TOP, [])
                parts.setdefault(TOP, [])
            if name not in parts:  # changed here, bound by a star import
                targets[name] = [f"{star}:{name}" for star in stars]
                parts[name] = []
            parts[name].append((statement, visitor))
        if names and calls | bases:
            now = known(visitor.now)
            made["effects"].append((names[0], sorted(calls), sorted(bases), sorted(now)))
        made["outside"] += [(name, one) for name in names for one in targets[name]]
        if isinstance(statement, ast.Expr):  # it is there for its effect
            made["outside"] += [(name, one) for name in names for one in sorted(calls)]
        else:
            asked = sorted(one for one in calls if "register" in one.rpartition(".")[2])
            made["registers"] += [(name, one) for name in names for one in asked]
        made["lines"] += [(*_lines(statement), name) for name in names[:1] if name in parts]
        if stage is not None:
            stages[stage.name] = stage
    rebound = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    symbols = {
        name: row(symbol_entry(name, parts[name], targets[name], name in rebound))
        for name in targets
    }
    if docs is not None:
        symbols[DOCSTRING] = row(Entry(short_hash(docs)))
    for name, function in stages.items():
        symbols[name + AS_STAGE] = row(stage_entry(function, package, visible))
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef) and (methods := dataclass_methods(statement)):
            symbols[statement.name + AS_GROUP] = row(group_entry(methods, package, visible))
    return {
        **made,
        "symbols": symbols,
        "stars": stars,
        "imports": _names(imports),
        "top": _names(_imports(top, package)),
        "twice": names_made_twice(tree, nodes),
    }


def _lines(statement: ast.AST) -> tuple[int, int]:
    """The first and the last line of a statement, decorators included."""
    nodes = [statement, *getattr(statement, "decorator_list", ())]
    if not hasattr(statement, "lineno"):  # it was made here
        nodes = walk(statement)
    lines = [(n.lineno, n.end_lineno) for n in nodes if hasattr(n, "lineno")]
    return min(first for first, _ in lines), max(last for _, last in lines)


def _imports(nodes: Iterable[ast.AST], package: str) -> list[tuple[str, str]]:
    """What is imported anywhere in the nodes: (module, name or "")."""
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = import_base(node, package)
            found += [(base, alias.name) for alias in node.names]
    return found


def _names(imports: Iterable[tuple[str, str]]) -> list[str]:
    return sorted(
        {base for base, _ in imports} | {f"{b}.{n}" for b, n in imports if n not in ("", "*")}
    )
