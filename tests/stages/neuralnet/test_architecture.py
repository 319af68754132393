"""The library inside: it needs nothing of ours, and files import only from lower levels."""

from __future__ import annotations

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[3] / "stages" / "neuralnet"
MOST_LINES = 200

# From the lowest level up. A folder is a level: its files may import each other, without circles.
LEVELS = (
    ("scalars", "memory", "processor", "compiler", "seeds", "losses"),
    ("schedules", "inputs"),
    ("layers", "optimizers", "images", "metrics"),
    ("settings", "inference"),
    ("checks",),
    ("network",),
    ("beginning",),
    ("divergence", "step"),
    ("parallel",),
    ("trainer",),
    ("",),
    ("sklearn",),  # a door from outside: it knows the library's public names alone
)
LEVEL = {name: number for number, names in enumerate(LEVELS) for name in names}
FOREIGN = {"numpy", "threadpoolctl"} | sys.stdlib_module_names
EXTRAS = {"sklearn": {"sklearn", "scipy", "joblib"}}  # of folders that are doors for other tools


def name_of(path: Path) -> str:
    """A file's dotted name inside the library: "" for its face, "layers" for a folder's."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


FILES = {name_of(path): path for path in ROOT.rglob("*.py")}


def imports(name: str) -> tuple[set[str], set[str]]:
    """What a file imports: the library's files by dotted name, and other packages."""
    path, ours, foreign = FILES[name], set(), set()
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            foreign |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            foreign.add(node.module.partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(
                (*package[: len(package) + 1 - node.level], *filter(None, [node.module]))
            )
            inside = {f"{base}.{alias.name}".lstrip(".") for alias in node.names}
            found = {each for each in inside if each in FILES}
            ours |= found or {base}
    return ours, foreign


def test_it_needs_numpy_and_threadpoolctl_and_nothing_else():
    for name in FILES:
        folder = name.partition(".")[0]
        assert imports(name)[1] <= FOREIGN | EXTRAS.get(folder, set()), name


def test_doors_know_the_public_names_alone():
    for name in FILES:
        if (folder := name.partition(".")[0]) in EXTRAS:
            assert {other.partition(".")[0] for other in imports(name)[0]} <= {folder, ""}


def test_files_import_only_from_lower_levels():
    def level(name: str) -> int:
        return LEVEL[name.partition(".")[0]]

    wrong = []
    for name in FILES:
        for other in imports(name)[0]:
            same_folder = name.partition(".")[0] == other.partition(".")[0] and "." in name + other
            if level(other) > level(name) or (level(other) == level(name) and not same_folder):
                wrong.append(f"{name} imports {other}")
    assert wrong == []


def test_there_is_no_circle_of_files():
    tuple(TopologicalSorter({name: imports(name)[0] for name in FILES}).static_order())


def test_files_are_short():
    tests = Path(__file__).parent.rglob("*.py")
    long = [path.name for path in [*FILES.values(), *tests] if lines(path) > MOST_LINES]
    assert long == []


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())
