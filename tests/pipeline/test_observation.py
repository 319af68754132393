"""A stage is watched: what it was seen to read is checked by the next plan, and named."""

import os
import urllib.request
from pathlib import Path
from typing import Annotated

import pytest

from pipeline.api import run as run_pipeline
from pipeline.code.observe import observed
from pipeline.errors import DataError
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


def test_of_what_urllib_looks_through_only_proxies_count(place, monkeypatch):
    monkeypatch.setenv("MODE_OF_TEST", "a")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with observed(()) as recorder:
        assert urllib.request.getproxies()["http"] == "http://127.0.0.1:9"
    assert "http_proxy" in recorder.environment
    assert {name[-6:].lower() for name in recorder.environment} == {"_proxy"}
    with observed(()) as recorder:  # a program's own look through all of them
        assert dict(os.environ)["MODE_OF_TEST"] == "a"
    assert "MODE_OF_TEST" in recorder.environment


def test_a_variable_is_seen_however_many_stages_have_run_before(place, monkeypatch):
    """CPython 3.13 goes on calling a method that was replaced in a class some 200 times."""
    monkeypatch.setenv("MODE_OF_TEST", "a")
    for _ in range(300):
        for _ in range(8):  # so that the interpreter specialises the call
            os.environ.get("HOME")
        with observed(()) as recorder:
            os.environ.get("MODE_OF_TEST")
        assert recorder.environment == {"MODE_OF_TEST": "a"}


@stage(outputs=("inner",))
def inner():
    return Path("table.txt").read_text()


@stage(outputs=("out",))
def outer():
    found = run_pipeline(Pipeline(inner), store="nested")["inner"]
    return [found, Path("more.txt").exists()]


def test_a_stage_that_runs_a_pipeline_depends_on_what_that_reads(planner, place):
    (place / "table.txt").write_text("1")
    pipeline = Pipeline(outer)
    for text in ("22", "333"):  # the second time what is inside is cached
        ran(planner, pipeline)
        assert plan(planner, pipeline).status == "cached"
        (place / "more.txt").touch()
        assert plan(planner, pipeline).reasons == (f"file {place / 'more.txt'} is there now",)
        ran(planner, pipeline)
        (place / "table.txt").write_text(text)
        assert f"file {place / 'table.txt'} changed" in plan(planner, pipeline).reasons
        (place / "more.txt").unlink()
