"""Docs: the docstring of a function or a class, also where Python runs without them (-OO).

Help texts and titles are made from docstrings. Where Python has dropped them, they are read from
the source file.
"""

from __future__ import annotations

import inspect
import sys
from functools import cache
from typing import Any


def doc_of(thing: Any) -> str:
    """The docstring of a function or a class, without its indentation; "" where it has none."""
    found = inspect.getdoc(thing) or ""
    if isinstance(thing, type) and found.startswith(f"{thing.__name__}("):
        found = ""  # a dataclass without one is given its signature
    if found or sys.flags.optimize < 2:
        return found
    module = sys.modules.get(getattr(thing, "__module__", ""))
    file = getattr(module, "__file__", None) or ""
    return _docs(file).get(getattr(thing, "__qualname__", ""), "")


@cache
def _docs(file: str) -> dict[str, str]:
    """Qualified name → docstring, of all functions and classes of a source file."""
    import ast  # here and not above: only Python without docstrings needs it

    try:
        with open(file, "rb") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return {}
    found: dict[str, str] = {}
    waiting: list[tuple[str, ast.AST]] = [("", tree)]
    for prefix, parent in waiting:  # which grows meanwhile
        for node in getattr(parent, "body", ()):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{prefix}{node.name}"
                found[name] = ast.get_docstring(node) or ""
                inner = "." if isinstance(node, ast.ClassDef) else ".<locals>."
                waiting.append((name + inner, node))
    return found
