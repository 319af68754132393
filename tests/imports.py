"""What each file of the project imports, by the absolute names of modules."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")  # fields that hold statements
MIRRORS = ("pipeline", "stages")  # what lies in folders of these names here mirrors the code


def modules(folder: str) -> list[Path]:
    """The files of a folder, sorted."""
    return sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    """A file's name as a module: pipeline/cli/__init__.py is pipeline.cli."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, typed: bool = False) -> frozenset[str]:
    """The modules that a file imports, wherever it does; `typed`: for type checkers alone, too.

    `from package import name` is the module `package.name` where that is a file.
    """
    plain, for_types = _imports(path)
    return plain | for_types if typed else plain


@cache
def _imports(path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Those that it imports when it runs, and those that it does not."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    found: tuple[set[str], set[str]] = set(), set()
    waiting = [(node, False) for node in ast.parse(path.read_text("utf-8")).body]
    for node, typed in waiting:
        if isinstance(node, ast.Import):
            found[typed].update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            name = ".".join((*base, *filter(None, [node.module])))
            inner = {f"{name}.{alias.name}" for alias in node.names}
            files = {one for one in inner if _is_module(one)}
            found[typed].update(files, {name} if len(files) < len(inner) else ())
        else:
            checked = isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
            for field in BLOCKS:
                inner_typed = typed or (checked and field == "body")
                waiting += ((one, inner_typed) for one in getattr(node, field, ()))
    return frozenset(found[0]), frozenset(found[1])


@cache
def _is_module(name: str) -> bool:
    place = ROOT / name.replace(".", "/")
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()
