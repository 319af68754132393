"""`explain` shows what has changed in the code since the result was made."""

from __future__ import annotations

import importlib.util
import json
import sys

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import Program, make_cli
from pipeline.graph import Pipeline

SOURCE = '''
from pipeline.stage import stage

FACTOR = 2


def helper(number):
    """Say how much."""
    first = number + 1
    return first * FACTOR


@stage(outputs=("total",))
def add() -> dict:
    """Add."""
    return {"sum": helper(3)}
'''


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Write the program, load it as a process would that starts now, and call it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    number = iter(range(100))

    def go(source: str, *arguments: str) -> tuple[int, str]:
        file = tmp_path / "adding.py"
        file.write_text(source)
        name = "adding"
        spec = importlib.util.spec_from_file_location(name, file)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        next(number)
        status = run_cli(make_cli(Program(Pipeline(module.add), "adding", "", "1")), arguments)
        return status, capsys.readouterr().out

    return go


def test_the_difference_of_a_function_that_changed(call):
    assert call(SOURCE, "run")[0] == 0
    edited = SOURCE.replace("number + 1", "number + 2")
    status, out = call(edited, "explain", "add")
    assert status == 0
    assert out.splitlines() == [
        "add: runs",
        "  code adding.helper changed",
        "",
        "--- adding.helper, as it was",
        "+++ adding.helper, now",
        "@@ -1,4 +1,4 @@",
        " def helper(number):",
        '     """Say how much."""',
        "-    first = number + 1",
        "+    first = number + 2",
        "     return first * FACTOR",
        "",
        "identified by 3 pieces of code; --all lists them",
    ]
    changes = json.loads(call(edited, "explain", "add", "--json")[1])["changes"]
    assert "-    first = number + 1" in changes["adding.helper"]
    whole = call(edited, "explain", "add", "--all")[1]
    assert "adding.FACTOR" in whole


def test_a_constant_and_a_function_and_what_is_no_change(call):
    call(SOURCE, "run")
    out = call(SOURCE.replace("FACTOR = 2", "FACTOR = 3"), "explain", "add")[1]
    assert "-FACTOR = 2\n+FACTOR = 3" in out
    assert (
        "add: cached"
        in call(SOURCE.replace("def helper", "# why\ndef helper"), "explain", "add")[1]
    )


def test_where_the_source_is_not_known_the_names_are_reported(call, tmp_path):
    call(SOURCE, "run")
    (tmp_path / "artifacts" / ".texts.json").write_text("damaged")
    out = call(SOURCE.replace("FACTOR = 2", "FACTOR = 3"), "explain", "add")[1]
    assert "code adding.FACTOR changed" in out
    assert "how it was is not known" in out
    assert "+++" not in out


def test_much_is_cut_and_all_shows_it(call):
    helpers = "".join(f"def f{n}(x):\n    return x + 1\n\n\n" for n in range(6))
    long = "def long(x):\n" + "".join(f"    x += {n}\n" for n in range(60)) + "    return x\n\n\n"
    calls = " + ".join(f"f{n}(1)" for n in range(6)) + " + long(1)"
    source = SOURCE.replace("def helper", helpers + long + "def helper").replace("helper(3)", calls)
    call(source, "run")
    edited = source.replace("x + 1", "x + 2").replace("x += ", "x -= ")
    brief, whole = (call(edited, "explain", "add", *flag)[1] for flag in ((), ("--all",)))
    assert brief.count("+++ ") == 3
    assert "… and 4 more, which --all shows" in brief
    assert whole.count("+++ ") == 7
    assert whole.count("\n+    x -= ") == 60
