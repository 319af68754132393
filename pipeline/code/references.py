"""What a statement refers to, by Python's rules of scope.

A reference is written `:name.attribute` where the name is one of the module's own, and
`package.module:name.attribute` where an import inside a function has bound it. Names that a
function, a lambda or a comprehension binds for itself are no references. `:` alone is all of the
module itself (who asks for `globals()` may use any of it), and `*:` every module that is loaded
(who asks for `sys.modules`).

Each node of the tree that refers to something is given the number of its reference.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.code.builtin_names import PYTHON
from pipeline.code.bytecode import ASKED_IN_TEXT
from pipeline.code.scopes import bound, function_scope, import_base, join, names_in, walk_scope
from pipeline.code.syntax import chain, children, decorator_chain, names_in_texts

_BY_NAME = {"importlib:import_module", "importlib:__import__", ":__import__", "builtins:__import__"}
_NAMESPACES = {"globals", "locals", "vars", "eval", "exec"}  # where they are given no module


class References(ast.NodeVisitor):
    """Collects `references` in order, those of them that are used as values and not only called
    (`escaping`), those made while the statement itself runs (`now`), and what is called then:
    functions and decorators (`calls`), classes derived from (`bases`).

    `package` is what relative imports start from, `targets` what the imports of the module bind.
    """

    def __init__(self, package: str, targets: Mapping[str, list[str]]) -> None:
        self.references: dict[str, None] = {}
        self.groups: list[list[str]] = []  # what one node refers to, by its number
        self.escaping: set[str] = set()
        self.now: set[str] = set()
        self.calls: set[str] = set()
        self.bases: set[str] = set()
        self._package, self._targets = package, targets
        self._numbers: dict[tuple[str, ...], int] = {}
        self._scopes: list[tuple[dict[str, list[str]], bool]] = []
        self._functions = 0

    def generic_visit(self, node: ast.AST) -> None:
        for inner in children(node):
            self.visit(inner)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) or self._functions:  # a `global` name is stored to
            self._refer(node, [node.id])

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if names := chain(node):
            if names[-1] == "modules" and "sys:modules" in self._known(names):
                self._add(node, ["*:"])
            else:
                self._refer(node, names)
        else:
            self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """A name that is written out: `globals()["f"]`, `sys.modules["m"]`."""
        match node:
            case ast.Subscript(ast.Call(func=ast.Name(id="globals")), ast.Constant(str(k))):
                self._add(node, [f":{k}"])
            case ast.Subscript(ast.Attribute(), ast.Constant(str(k))) if (
                "sys:modules" in self._known(chain(node.value))
            ):
                self._add(node, [f"{k}:"])
            case _:
                self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        names = chain(node.func)
        self._call(names, self.calls)
        if names and _BY_NAME & set(self._known(names)):
            if node.args and isinstance(node.args[0], ast.Constant):
                self._add(node, [f"{self._absolute(str(node.args[0].value))}:"], escapes=True)
                return
        elif self._is_namespace(node, names):
            self._add(ast.Name("", ast.Load()), [":"])
        elif isinstance(node.func, ast.Attribute) and node.func.attr in ASKED_IN_TEXT:
            for name in names_in_texts([*node.args, *node.keywords]):
                self._add(ast.Name("", ast.Load()), self._resolve([name]))
        if names:
            self._refer(node.func, names, called=True)
            self._visit_all([*node.args, *node.keywords])
        else:
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
        self._scopes.append((function_scope(node, body, self._package), False))
        self._functions += 1
        self._visit_all(body)
        self._functions -= 1
        self._scopes.pop()

    def _visit_all(self, nodes: Iterable[ast.AST], called: set[str] | None = None) -> None:
        for node in nodes:
            if called is not None:
                self._call(decorator_chain(node), called)
            if called is not None and (names := chain(node)):
                self._refer(node, names, called=True)
            else:
                self.visit(node)

    def _refer(self, node: ast.AST, names: list[str], called: bool = False) -> None:
        self._add(node, self._resolve(names), escapes=not called)

    def _add(self, node: ast.AST, found: list[str], escapes: bool = True) -> None:
        found = [one for one in found if self._leads_somewhere(one)]
        if not found:
            return
        self.references |= dict.fromkeys(found)
        key = tuple(found)
        if key not in self._numbers:
            self._numbers[key] = len(self.groups)
            self.groups.append(found)
        vars(node)["reference"] = self._numbers[key]
        vars(node).setdefault("ctx", ast.Load())
        if escapes:
            self.escaping.update(found)
        if not self._functions:
            self.now.update(found)

    def _leads_somewhere(self, reference: str) -> bool:
        """Whether it is bound in the module or by an import, or by code that cannot be read; what
        Python itself binds is not."""
        head, _, tail = reference.partition(":")
        name = tail.partition(".")[0]
        if head or not name or name in self._targets or "*" in self._targets:
            return True
        return name not in PYTHON

    def _known(self, names: list[str]) -> list[str]:
        """What names come to, by the imports of this module."""
        found = []
        for one in self._resolve(names) if names else []:
            head, _, tail = one.partition(":")
            root, *attributes = tail.split(".")
            targets = self._targets.get(root) if not head else None
            found += [join(target, attributes) for target in targets] if targets else [one]
        return found

    def _is_namespace(self, node: ast.Call, names: list[str]) -> bool:
        """Whether a call may use any name of the module: `globals()`, `eval(…)`, not `vars(x)`."""
        known = bool(names) and names[0] in _NAMESPACES and not (names[0] == "vars" and node.args)
        return known and f":{names[0]}" in self._resolve(names)

    def _absolute(self, name: str) -> str:
        level = len(name) - len(name.lstrip("."))
        return import_base(ast.ImportFrom(name[level:] or None, [], level), self._package)

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
