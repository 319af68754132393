"""What kind of thing a statement of the top level makes: questions that tables.py's tables answer.

A word of `WORDS` looks at code as data, and what it looks at counts wherever such a word is
reached: docstrings for `__doc__`, names of functions for `__name__`, and so on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from pipeline.code.clean import is_plain
from pipeline.code.scopes import bound, names_in, root_name, walk_scope
from pipeline.code.syntax import chain, children, decorator_chain, walk

WORDS = {
    **dict.fromkeys(("__doc__", "getdoc", "getcomments", "docopt"), "docs"),
    **dict.fromkeys(
        ("__annotations__", "get_type_hints", "get_annotations", "signature", "getfullargspec",
         "fields", "__dataclass_fields__"), "annotations"
    ),
    **dict.fromkeys(
        ("__name__", "__qualname__", "co_name", "co_qualname", "_getframe", "currentframe",
         "getmembers", "__code__"), "names"
    ),
    **dict.fromkeys(
        ("addHandler", "StreamHandler", "FileHandler", "MemoryHandler", "QueueHandler",
         "catch_warnings", "setLogRecordFactory", "addFilter", "basicConfig"), "texts"
    ),
    "__subclasses__": "subclasses",
    **dict.fromkeys(("level", "getEffectiveLevel", "extra"), "levels"),
}  # fmt: skip

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_FIXED = (ast.Constant, ast.Tuple, ast.UnaryOp, ast.BinOp)
_CONTAINERS = {"dict", "list", "set", "defaultdict", "OrderedDict", "Counter", "deque"}
_METACLASSES = ("type", "Type", "Meta")
_SUBCLASS_AWARE = {"__init_subclass__", "__subclasses__"}
_LOGGING = ("logging", "warnings")


def top_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of the top level; one below an `if` stands alone below a copy of it."""
    for statement in body:
        if isinstance(statement, ast.If):
            for inner in top_statements(statement.body):
                yield ast.If(statement.test, [inner], [])
            for inner in top_statements(statement.orelse):
                yield ast.If(statement.test, [], [inner])
        else:
            yield statement


def owners(statement: ast.AST, package: str, calls: bool) -> list[str]:
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


def words_of(nodes: Iterable[ast.AST]) -> set[str]:
    """What the nodes of a statement look at that most code does not: the values of `WORDS`."""
    found = set()
    for node in nodes:
        match node:
            case ast.Attribute(attr=word) | ast.Constant(value=str(word)) if word in WORDS:
                found.add(WORDS[word])
            case ast.Name(id=word) if word in WORDS and word != "__name__":  # the module's
                found.add(WORDS[word])
    return found


def loggers_of(tree: ast.Module) -> set[str]:
    """The names in a module that only log: modules, what `getLogger` gives, and a context."""
    names = {"context"}
    for node in tree.body:
        match node:
            case ast.Import():
                names |= {a.asname or a.name for a in node.names if a.name in _LOGGING}
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function)):
                names |= {name} if chain(function)[-1:] == ["getLogger"] else set()
    return names


def names_made_twice(tree: ast.Module, nodes: Iterable[ast.AST]) -> list[str]:
    """The qualified names that more than one function in a module, of these nodes, has."""
    functions = (n for n in nodes if isinstance(n, (*_FUNCTIONS, ast.Lambda)))
    names = [getattr(function, "name", "") for function in functions]
    if len(set(names)) == len(names):  # so in most modules, and quickly known
        return []
    found: dict[str, int] = {}

    def visit(node: ast.AST, prefix: str) -> None:
        for inner in children(node):
            name = getattr(inner, "name", "<lambda>")
            if isinstance(inner, (*_FUNCTIONS, ast.Lambda)):
                found[prefix + name] = found.get(prefix + name, 0) + 1
                visit(inner, f"{prefix}{name}.<locals>.")
            else:
                visit(inner, f"{prefix}{name}." if isinstance(inner, ast.ClassDef) else prefix)

    visit(tree, "")
    return sorted(name for name, count in found.items() if count > 1)


def decorated(statement: ast.AST) -> bool:
    """Whether a statement defines a function that a decorator may have seen the name of."""
    nodes = (node for node in walk_scope(statement) if isinstance(node, _FUNCTIONS))
    return any(not is_plain(node) for node in nodes)


def is_changeable(statement: ast.AST) -> bool:
    """Whether other code may change what a statement has bound."""
    match statement:
        case ast.If(body=[inner]) | ast.If(orelse=[inner]):
            return is_changeable(inner)
        case ast.Assign(value=value):
            return not all(isinstance(node, _FIXED) for node in walk(value))
        case ast.ClassDef(body=body):
            holds = any(_is_container(getattr(inner, "value", None)) for inner in body)
            return holds or is_subclass_aware(statement)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return not is_plain(statement)  # whatever its decorator has made of it
    return True


def is_subclass_aware(statement: ast.AST) -> bool:
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
