"""The house: imports run one way, extras stay out of the core, files stay short."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXTRAS = {"PIL", "torch", "sklearn", "matplotlib", "dask", "onnx"}
LAZY = {"tqdm", "filelock", "threadpoolctl", "tomllib", "tarfile", "multiprocessing", "http"}
LAZY |= {"concurrent", "logging", "bz2", "lzma"}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The absolute names of all that a file imports, wherever it does."""
    names: set[str] = set()
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            names.add(".".join((*base, *filter(None, [node.module]))))
    return names


@pytest.mark.parametrize("path", modules("pipeline"), ids=str)
def test_the_framework_knows_no_stages(path):
    assert not {name for name in imported(path) if name.split(".")[0] == "stages"}


@pytest.mark.parametrize("path", modules("stages/neuralnet"), ids=str)
def test_the_network_is_a_library_on_its_own(path):
    ours = {name for name in imported(path) if name.split(".")[0] in {"pipeline", "stages"}}
    assert not {name for name in ours if not name.startswith("stages.neuralnet")}


@pytest.mark.parametrize("path", [*modules("pipeline"), *modules("stages")], ids=str)
def test_files_stay_short(path):
    assert len(path.read_text("utf-8").splitlines()) <= 260, "two ideas: make two files of it"


def test_nothing_that_is_not_needed_is_imported_at_start():
    code = """if True:
        import sys
        from pipeline.deferred import defer
        from stages.__main__ import DEFERRED
        defer(*DEFERRED)
        import stages.cifar10
        print(*sys.modules)"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = found.stdout.split()
    assert not {name.split(".")[0] for name in modules} & (EXTRAS | LAZY)
    inner = [name for name in modules if name.startswith(("numpy.", "stages.neuralnet."))]
    assert not inner, "one of the deferred packages is used"
