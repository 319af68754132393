"""Code that is loaded is not taken for its file, which may have changed; names that change."""

from __future__ import annotations

import importlib
import os
import py_compile
import sys
import time

import pytest

from pipeline.code import CodeIndex
from pipeline.errors import CodeError
from pipeline.events.reporter import Reporter
from pipeline.graph import Pipeline
from pipeline.runner import run
from pipeline.stage import stage


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder of its own to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def module(place, monkeypatch):
    """A module with a stage, loaded from a file that can be edited."""
    (place / "edited.py").write_text(
        "from pipeline.stage import stage\n\nHOOK = []\n\n\ndef helper():\n    return 1\n\n\n"
        "@stage(outputs=('out',))\ndef make():\n"
        "    for f in HOOK:\n        f()\n    return helper()\n"
    )
    monkeypatch.syspath_prepend(place)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    importlib.invalidate_caches()
    yield importlib.import_module("edited")
    del sys.modules["edited"]


def edit(place):
    path = place / "edited.py"
    path.write_text(path.read_text().replace("return 1", "return 2"))


def test_code_that_was_loaded_is_not_taken_for_its_file(module, place):
    before = CodeIndex().reached(module.make.function)
    (place / "edited.py").write_text("# a comment\n" + (place / "edited.py").read_text())
    assert CodeIndex().reached(module.make.function).graph == before.graph
    edit(place)
    with pytest.raises(CodeError, match=r"edited\.helper was loaded before .*edited\.py changed"):
        CodeIndex().reached(module.make.function)


def test_a_stale_pyc_is_not_taken_for_its_source(place, monkeypatch):
    path, text = place / "stale.py", "def helper():\n    return 1\n"
    monkeypatch.syspath_prepend(place)
    for number in (1, 2):  # Python compares the size and the whole second
        path.write_text(text.replace("1", str(number)))
        os.utime(path, (10**9, 10**9))
        if number == 1:
            py_compile.compile(str(path))
    importlib.invalidate_caches()
    helper = importlib.import_module("stale").helper
    del sys.modules["stale"]
    assert helper() == 1
    with pytest.raises(CodeError, match=r"stale\.helper was loaded before .*stale\.py changed"):
        CodeIndex().reached(helper)
    monkeypatch.setattr("pipeline.code.loaded._process_start_ns", lambda: time.time_ns() + 10**9)
    with pytest.raises(CodeError, match=r"from a \.pyc that fits .*; delete .*stale.*\.pyc"):
        CodeIndex().reached(helper)


def test_nothing_is_stored_where_the_code_changes_meanwhile(module, place, planner, store):
    ready = planner(Pipeline(module.make))
    module.HOOK.append(lambda: edit(place))
    with pytest.raises(CodeError, match=r"edited\.py changed while make ran: .* nothing is stored"):
        run(ready, (), Reporter())
    assert store.results() == []


COUNT, HELPER = 0, len


def test_a_name_that_a_stage_gives_another_value_counts_as_it_was(planner):
    def reported_by(*stages):
        reported = []

        class Recording(Reporter):
            def warn(self, message):
                reported.append(message)

        found = run(planner(Pipeline(*stages)), (), Recording())
        return [one.status for one in found.stages], reported

    @stage(outputs=("a",))
    def first():
        global COUNT, HELPER
        COUNT, HELPER = COUNT + 1, sum
        return COUNT

    @stage(outputs=("out",))
    def second(a):
        return HELPER([COUNT])

    statuses, reported = reported_by(first, second)
    assert (statuses, COUNT) == (["ran", "ran"], 1)
    names = [words.partition(" while")[0].rpartition(".")[2] for words in reported]
    assert sorted(names) == ["COUNT", "HELPER"]
    assert reported_by(first, second) == (["cached", "cached"], [])


def test_what_a_stage_changes_that_another_uses_is_reported(planner):
    shared = {"k": 0}
    reported = []

    class Recording(Reporter):
        def warn(self, message):
            reported.append(message)

    @stage(outputs=("a",))
    def first():
        shared["k"] = 1
        return 0

    @stage(outputs=("out",))
    def second(a):
        return shared["k"]

    pipeline = Pipeline(first, second)
    run(planner(pipeline), (), Recording())
    assert len(reported) == 1
    assert "first changed" in reported[0]
    assert "which second may use" in reported[0]
    assert {s.status for s in run(planner(pipeline), (), Recording()).stages} == {"cached"}
