"""A stage is watched: what it was seen to read is checked by the next plan, and named."""

import importlib
import os
import py_compile
import sys
import time
from pathlib import Path
from typing import Annotated

import pytest

from pipeline.code import CodeIndex
from pipeline.errors import CodeError, DataError
from pipeline.events.reporter import Reporter
from pipeline.graph import Pipeline
from pipeline.runner import run
from pipeline.stage import Option, stage
from pipeline.store.files import identify

Folder = Annotated[str, Option("where scratch files go", affects_result=False)]


def plan(planner, pipeline, **given):
    (decision,) = planner(pipeline, **given).plan()
    return decision


def ran(planner, pipeline, **given):
    outcome = run(planner(pipeline, **given), (), Reporter())
    return outcome, outcome.stages[-1].status


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder of its own to work in."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def test_a_file_that_was_read_is_named_when_it_changes(planner, place):
    (place / "table.txt").write_text("1")

    @stage(outputs=("out",))
    def look():
        return Path("table.txt").read_text()

    pipeline = Pipeline(look)
    assert ran(planner, pipeline)[1] == "ran"
    assert ran(planner, pipeline)[1] == "cached"
    (place / "table.txt").write_text("22")
    decision = plan(planner, pipeline)
    assert decision.status == "runs"
    assert decision.reasons == (f"file {place / 'table.txt'} changed",)
    outcome, status = ran(planner, pipeline)
    assert (status, outcome["out"]) == ("ran", "22")
    (place / "table.txt").unlink()
    assert plan(planner, pipeline).reasons == (f"file {place / 'table.txt'} is gone",)


def test_variables_folders_and_absent_files_are_named(planner, place, monkeypatch):
    monkeypatch.setenv("MODE_OF_TEST", "a")
    (place / "parts").mkdir()

    @stage(outputs=("out",))
    def look():
        return [
            os.environ.get("MODE_OF_TEST"),
            sorted(os.listdir("parts")),
            Path("more.txt").exists(),
        ]

    pipeline = Pipeline(look)
    ran(planner, pipeline)
    assert plan(planner, pipeline).status == "cached"
    monkeypatch.setenv("MODE_OF_TEST", "b")
    (place / "parts" / "x").write_text("")
    (place / "more.txt").write_text("")
    assert set(plan(planner, pipeline).reasons) == {
        "environment variable MODE_OF_TEST changed",
        f"folder {place / 'parts'} holds other names",
        f"file {place / 'more.txt'} is there now",
    }


def test_what_a_stage_writes_itself_does_not_count(planner, place, store):
    @stage(outputs=("out",))
    def look(*, folder: Folder = "scratch"):
        Path("own.txt").write_text("1")
        os.replace("own.txt", "moved.txt")
        Path(folder, "there.txt").exists()
        os.environ["MODE_OF_TEST"] = "1"
        try:
            return [Path("moved.txt").read_text(), os.environ["MODE_OF_TEST"]]
        finally:
            del os.environ["MODE_OF_TEST"]

    pipeline = Pipeline(look)
    outcome, _ = ran(planner, pipeline)
    assert "observed" not in store.manifest(outcome.stages[0].key)


def test_nothing_is_stored_where_a_file_changes_while_it_is_read(planner, place, store):
    (place / "table.txt").write_text("1")

    @stage(outputs=("out",))
    def look():
        text = Path("table.txt").read_text()
        os.utime("table.txt", ns=(5, 5))  # as another program's writing would
        return text

    with pytest.raises(DataError, match=r"table\.txt changed while look ran: .* nothing is stored"):
        run(planner(Pipeline(look)), (), Reporter())
    assert store.results() == []


def test_nothing_is_stored_where_an_input_of_files_changes(planner, place, store):
    (place / "archive").write_text("1")

    @stage(outputs=("archive",))
    def find():
        return identify(place / "archive")

    @stage(outputs=("out",))
    def look(archive):
        archive.files[0].path.write_text("another")
        return 1

    with pytest.raises(DataError, match="archive has changed while look ran, which has archive"):
        run(planner(Pipeline(find, look)), (), Reporter())
    assert not [path for path in store.results() if path.parent.name == "look"]


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


def test_what_a_stage_changes_that_another_uses_is_reported(planner):
    shared = {"k": 0}
    told = []

    class Told(Reporter):
        def warn(self, message):
            told.append(message)

    @stage(outputs=("a",))
    def first():
        shared["k"] = 1
        return 0

    @stage(outputs=("out",))
    def second(a):
        return shared["k"]

    pipeline = Pipeline(first, second)
    run(planner(pipeline), (), Told())
    assert len(told) == 1
    assert "first changed" in told[0]
    assert "which second may use" in told[0]
    assert {s.status for s in run(planner(pipeline), (), Told()).stages} == {"cached"}
