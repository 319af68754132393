"""What a wheel contains: each file of the packages, but for their pages, goes with it.

Packages are what setuptools finds: folders with an `__init__.py`, as all above them. `make dist`
looks into a real wheel and uses it.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.imports import ROOT

DATA = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
PATTERNS = DATA["package-data"]


def is_package(folder: Path) -> bool:
    between = [folder, *folder.parents]
    return all((one / "__init__.py").is_file() for one in between[: between.index(ROOT)])


def test_every_file_of_the_packages_is_packed():
    files = {
        path
        for top in ("pipeline", "stages")
        for path in (ROOT / top).rglob("*.*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".md"
    }
    packed = {path for path in files if path.suffix == ".py" and is_package(path.parent)}
    for package, patterns in PATTERNS.items():
        folders = [ROOT / package] if package != "*" else [ROOT / "pipeline", ROOT / "stages"]
        for folder, pattern in ((folder, one) for folder in folders for one in patterns):
            found = set(folder.glob(pattern))
            assert found, f"{package}: {pattern} fits nothing"
            packed |= found
    assert sorted(files - packed) == []
    names = {path.name for path in packed}
    assert {"fast.toml", "schema.json", "style.css", "py.typed", "first_look.py"} <= names
