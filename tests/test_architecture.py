"""The house: imports run one way, without circles; start-up imports little; files stay short."""

from __future__ import annotations

import ast
import graphlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.imports import ROOT, imports, modules, name_of

# Each file imports only from its own level or from those before it.
LEVELS = (
    ("errors", "context"),
    ("docs", "names", "parameters", "literals"),
    ("over", "stage", "graph", "prefetch", "stream", "deferred", "own_reads"),
    ("settings",),
    ("code", "store"),
    (
        *("uses", "fingerprint", "observation", "decisions", "planner", "mapping", "item_plan"),
        *("found_files",),
    ),
    ("executors", "events", "outcome"),
    (
        *("run_context", "outputs", "execution", "group_execution", "item_results", "mapped_run"),
        *("backends", "dispatch", "runner"),
    ),
    ("api", "arguments", "search", "upkeep"),
    ("cli",),
)
FLOOR = {f"pipeline.{name}": number for number, level in enumerate(LEVELS) for name in level}
FACE = "pipeline"  # its __init__ names what lies in any level

# The same of the program, but on one level only files of one folder import each other.
PROGRAM = (
    ("neuralnet", "dataset", "locality", "batches"),
    ("options",),
    ("features",),
    ("modelfile",),
    ("training",),
    ("download", "decode", "preprocess", "split", "standardize", "whiten"),
    ("train", "evaluate", "serialize"),
    ("commands",),
    ("cifar10",),
    ("__main__", "notebooks"),
)
STOREY = {name: number for number, level in enumerate(PROGRAM) for name in level}
LONGEST = 200  # lines

# What a command may load that finds everything up to date, beside what click loads: of the standard
# library these and what they load themselves; of ours all but these.
STANDARD = "dataclasses graphlib hashlib json mmap fcntl queue urllib.parse secrets zlib fnmatch"
STANDARD += " pathlib locale gc signal importlib.util"
OURS = ("pipeline", "stages")
LATER = (
    *("pipeline.execution", "pipeline.outputs", "pipeline.run_context", "pipeline.search."),
    *("pipeline.mapping", "pipeline.item_plan", "pipeline.mapped_run", "pipeline.item_results"),
    *("pipeline.group_execution", "pipeline.found_files"),
    *("pipeline.code.syntax", "pipeline.code.scopes", "pipeline.code.references"),
    *("pipeline.executors.processes", "pipeline.executors.pools", "pipeline.backends"),
    *("pipeline.executors.blas", "pipeline.events.bars", "pipeline.events.event"),
    *("pipeline.events.json_lines", "pipeline.events.relay", "pipeline.upkeep.gc"),
    *("pipeline.upkeep.verify", "stages.neuralnet.", "stages.commands.report.page"),
    *("stages.commands.report.action", "stages.commands.search.action"),
    *("stages.commands.search.rounds", "stages.commands.runs.action"),
)


def level_of(module: str) -> int:
    return FLOOR[".".join(module.split(".")[:2])]


@pytest.mark.parametrize("path", modules("pipeline"), ids=name_of)
def test_the_framework_imports_from_lower_levels(path):
    own = name_of(path)
    found = {module for module in imports(path) if module.split(".")[0] == "stages"}
    assert not found, "the framework knows no stages"
    if own != FACE:
        upwards = {
            module
            for module in imports(path)
            if module.startswith("pipeline.") and level_of(module) > level_of(own)
        }
        assert not upwards


def test_the_levels_are_all_there_is():
    assert {".".join(name_of(path).split(".")[:2]) for path in modules("pipeline")} - {FACE} == set(
        FLOOR
    )
    assert {part_of(name_of(path)) for path in modules("stages")} - {""} == set(STOREY)


@pytest.mark.parametrize("path", modules("stages"), ids=name_of)
def test_the_program_imports_from_lower_levels(path):
    """Helpers below the stages that use them, stages below commands, `cifar10.py` on top."""
    own = part_of(name_of(path))
    found = {part_of(module) for module in imports(path) if module.startswith("stages.")}
    assert not {part for part in found - {own} if STOREY[part] >= STOREY[own]}


def part_of(module: str) -> str:
    """The file or the folder of `stages` in which a module lies."""
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("path", modules("stages/neuralnet"), ids=name_of)
def test_the_network_is_a_library_on_its_own(path):
    ours = {name for name in imports(path) if name.split(".")[0] in {"pipeline", "stages", "tests"}}
    assert not {name for name in ours if not name.startswith("stages.neuralnet")}


@pytest.mark.parametrize("folder", ["pipeline", "stages"])
def test_no_test_is_imported_by_the_code(folder):
    for path in modules(folder):
        assert not {name for name in imports(path) if name.split(".")[0] == "tests"}, path


def test_no_circle_of_files():
    """Imports inside of functions and for type checkers count; the face does not."""
    known = {name_of(path): path for path in [*modules("pipeline"), *modules("stages")]}
    needs = {
        name: {found for found in imports(path, True) if found in known} - {name, FACE}
        for name, path in known.items()
        if name != FACE
    }
    try:
        list(graphlib.TopologicalSorter(needs).static_order())
    except graphlib.CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_no_public_function_has_the_name_of_a_module():
    """The face imports functions into the package, where a module of that name would hide them."""
    names = {name_of(path).split(".")[-1] for path in modules("pipeline")}
    for path in modules("pipeline"):
        made = {node.name for node in ast.parse(path.read_text("utf-8")).body if is_made(node)}
        assert made & names <= {"stage"}, path


def is_made(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.ClassDef)


@pytest.mark.parametrize("folder", ["pipeline", "stages", "tests"])
def test_files_stay_short(folder):
    files = [one for kind in ("py", "c", "h", "sh") for one in (ROOT / folder).rglob(f"*.{kind}")]
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in files
    }
    long = {name: n for name, n in lengths.items() if n > LONGEST}
    assert long == {}, "make two files of it"


@pytest.mark.long
def test_start_up_loads_little(tmp_path):
    """A command that finds everything up to date: no NumPy, no processes, no TOML."""
    found = set(loaded_by_a_command_that_has_nothing_to_do(tmp_path))
    allowed = set(loaded(f"import click, {STANDARD.replace(' ', ', ')}", tmp_path))
    outside = {name for name in found - allowed if not name.startswith(OURS)}
    assert not {name for name in outside if not name.startswith("_")}
    heavy = {"numpy", "multiprocessing", "concurrent", "tomllib", "tqdm", "filelock", "shutil"}
    assert not {name.split(".")[0] for name in found} & heavy
    assert not {name for name in found if name.startswith(LATER)}


def loaded_by_a_command_that_has_nothing_to_do(folder: Path) -> list[str]:
    code = """if True:
        import sys
        from stages.__main__ import main
        flags = "--source synthetic --synthetic-size 50 --epochs 1 --batch 10 --quiet --hidden 4"
        sys.argv = ["pipeline", "run", *flags.split()]
        try:
            main()
        except SystemExit as end:
            assert not end.code, end.code"""
    for _ in range(3):  # the second one still remembers what the first one made
        found = loaded(code, folder)
    return found


def loaded(code: str, folder: Path) -> list[str]:
    """The modules that are there after some code has run, but for those that are deferred."""
    code += """
import sys
from pipeline.deferred import _StandIn
print(*(name for name, module in sys.modules.items() if type(module) is not _StandIn))"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1].split()
