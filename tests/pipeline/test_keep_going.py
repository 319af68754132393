"""Keep going: an error ends what depends on its stage, and no more."""

from __future__ import annotations

import json
from typing import Annotated

import pytest

from pipeline import Option, Pipeline, Program, make_cli, run, run_cli, stage
from pipeline.errors import ConfigError, DataError
from tests.pipeline.fork import FORK


@pytest.mark.parametrize(("executor", "jobs"), [("serial", None), ("thread", 2), ("thread", 1)])
def test_what_does_not_depend_on_it_is_finished(tmp_path, executor, jobs):
    finished = []

    def listen(event):
        if event.kind == "stage_finished":
            finished.append((event.stage, event.status))

    with pytest.raises(ConfigError, match="expected another branch, found left") as caught:
        run(
            FORK,
            store=tmp_path,
            executor=executor,
            jobs=jobs,
            keep_going=True,
            mistake="left",
            on_event=listen,
        )
    assert caught.value.stage == "left"
    stages = caught.value.outcome.stages
    assert [(one.name, one.status, one.reason) for one in stages] == [
        ("left", "failed", "--mistake: expected another branch, found left"),
        ("right", "ran", "never run before"),
        ("join", "skipped", "left has failed"),
        ("after", "skipped", "join has been skipped"),
    ]
    assert sorted(finished) == sorted((one.name, one.status) for one in stages)
    assert "two" in caught.value.outcome
    assert "one" not in caught.value.outcome
    again = run(FORK, store=tmp_path)
    assert [one.status for one in again.stages] == ["ran", "cached", "ran", "ran"]


def test_without_it_the_first_error_is_the_end(tmp_path):
    with pytest.raises(ConfigError) as caught:
        run(FORK, store=tmp_path, executor="serial", mistake="left")
    assert caught.value.stage == "left"
    assert caught.value.outcome.stages == []


def _absent(**parameters):
    raise DataError("expected a readable file, found none")


@stage(outputs=("hours",))
def wait() -> int:
    """What takes hours."""
    return 1


@stage(outputs=("begun",), resolve=_absent)
def begin(hours: int, *, model: Annotated[str, Option("where to begin")] = "") -> int:
    """What begins with a file."""
    return hours


@pytest.mark.parametrize(("keep_going", "ran"), [(False, []), (True, ["ran", "failed"])])
def test_what_parameters_name_is_looked_for_before_the_first_stage(tmp_path, keep_going, ran):
    with pytest.raises(DataError, match="found none") as caught:
        run(Pipeline(wait, begin), store=tmp_path, keep_going=keep_going, model="x.json")
    assert caught.value.stage == "begin"
    assert [one.status for one in caught.value.outcome.stages] == ran


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    group = make_cli(Program(FORK, name="fork", help="A fork.", version="1"))

    def go(*arguments):
        status = run_cli(group, ["run", "--keep-going", *arguments])
        return status, *capsys.readouterr()

    return go


def test_json_stays_one_document(call):
    status, out, err = call("--mistake", "left", "--json")
    assert status == 2
    document = json.loads(out)
    assert [(one["name"], one["status"]) for one in document["stages"]] == [
        ("left", "failed"),
        ("right", "ran"),
        ("join", "skipped"),
        ("after", "skipped"),
    ]
    assert document["error"] == "--mistake: expected another branch, found left"
    assert err.splitlines()[-1] == "error: --mistake: expected another branch, found left"


def test_the_page_says_what_became_of_each(call):
    status, out, err = call("--mistake", "right", "--quiet")
    assert status == 2
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["left", "ran"],
        ["right", "failed"],
        ["join", "skipped"],
        ["after", "skipped"],
    ]
    assert len(err.splitlines()) == 1


def test_a_bug_keeps_its_traceback_and_names_its_stage(call, capsys):
    with pytest.raises(ZeroDivisionError) as caught:
        call("--bug", "left", "--json")
    assert caught.value.__notes__ == ["in stage left"]
    assert json.loads(capsys.readouterr().out)["stages"][1]["status"] == "ran"
