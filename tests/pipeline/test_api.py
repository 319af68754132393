"""The public face: run and plan check as the command line does, and share the store as it does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest

import pipeline
from pipeline import Option, Pipeline, Program, Store, errors, make_cli, plan, run, run_cli, stage
from tests.pipeline import shop
from tests.pipeline.test_parameters import BIKE

PAGE = Path(pipeline.__file__).parent / "README.md"


def test_every_public_name_is_on_the_page_and_there():
    for name in pipeline.__all__:
        assert getattr(pipeline, name) is not None
        assert name in PAGE.read_text("utf-8"), name
    assert set(pipeline.__all__) <= set(dir(pipeline))
    with pytest.raises(AttributeError, match="module 'pipeline' has no attribute 'ran'"):
        pipeline.ran  # noqa: B018


def test_a_run_gives_artifacts_by_name_and_what_became_of_each_stage(tmp_path):
    found = run(shop.SHOP, store=tmp_path / "store", days=3)
    assert found["total"] == {"total": 16.0, "floor_is_positive": True}
    assert list(found) == found.artifacts() == ["sales", "kept", "rule", "total"]
    assert [(one.name, one.status, one.reason) for one in found.stages] == [
        (name, "ran", "never run before") for name in ("collect", "choose", "add")
    ]
    assert Path(found.path("total")).is_file()
    again = run(shop.SHOP, store=Store(tmp_path / "store"), days=3, targets=iter(["choose"]))
    assert repr(again) == "Outcome(collect: cached, choose: cached)"


def test_a_plan_says_what_a_run_would_do(tmp_path):
    shop.RAN.clear()
    first = plan(shop.SHOP, store=tmp_path, targets=iter(["choose"]))
    assert [(one.stage.name, one.status, one.reason) for one in first] == [
        ("collect", "runs", "never run before"),
        ("choose", "waits", "depends on what collect will make"),
    ]
    assert shop.RAN == []
    run(shop.SHOP, store=tmp_path)
    assert {one.status for one in plan(shop.SHOP, store=tmp_path)} == {"cached"}
    (changed,) = [one for one in plan(shop.SHOP, store=tmp_path, floor=3) if one.status == "runs"]
    assert changed.reason == "parameter floor: 2.0 → 3.0"


MISTAKES = [
    ({"days": -5}, "days: expected at least 1, found -5"),
    ({"days": "7"}, "days: expected an integer, found '7'"),
    ({"dais": 3}, "unknown parameter 'dais'; did you mean days?"),
    ({"targets": ["chose"]}, "no stage is named 'chose'; did you mean 'choose'?"),
    (
        {"targets": "choose"},
        "targets: expected a list of names of stages, found 'choose'; give ['NAME']",
    ),
]


@pytest.mark.parametrize("function", [run, plan])
@pytest.mark.parametrize(("given", "line"), MISTAKES)
def test_a_mistake_is_refused_before_anything_runs(tmp_path, function, given, line):
    shop.RAN.clear()
    with pytest.raises(errors.ConfigError) as caught:
        function(shop.SHOP, store=tmp_path / "store", **given)
    assert str(caught.value) == line
    assert shop.RAN == []
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"executor": "dusk"}, "executor: expected one of .*process, dask, found 'dusk'"),
        ({"jobs": 0}, "jobs: expected a number of at least 1, found 0"),
        ({"jobs": True}, "jobs: expected a number of at least 1, found True"),
    ],
)
def test_a_place_that_is_none(tmp_path, given, line):
    with pytest.raises(errors.ConfigError, match=line):
        run(shop.SHOP, store=tmp_path, **given)


def test_a_combination_is_refused_from_everywhere_before_the_first_stage(tmp_path, capsys):
    line = "--spokes 99: expected fewer, found many"
    for function in (run, plan):
        with pytest.raises(errors.ConfigError, match="^" + line.removeprefix("--")):
            function(BIKE, store=tmp_path / "store", spokes=99)
    group = make_cli(Program(BIKE, name="bike", help="", version="1"))
    folder = ["--artifacts-dir", str(tmp_path / "store")]
    for command in (["run"], ["run", "--dry-run"], ["plan"], ["explain", "draw"]):
        assert run_cli(group, [*command, "--spokes", "99", *folder]) == 2
        assert capsys.readouterr().err == f"error: {line}\n"
    assert not list(tmp_path.glob("store/*/*"))


def test_numbers_of_numpy_and_paths_are_taken_for_pythons(tmp_path):
    first = run(shop.SHOP, store=str(tmp_path), days=np.int64(3), floor=np.float32(1))
    again = run(shop.SHOP, store=Path(tmp_path), days=3, floor=1)
    assert {one.status for one in again.stages} == {"cached"}
    assert again["total"] == first["total"]


def test_what_was_run_is_there_when_the_caller_goes_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = run(shop.SHOP, store="here")
    monkeypatch.chdir("/")
    assert found["total"]["floor_is_positive"]
    assert found.path("total").startswith(str(tmp_path))


def test_former_names_are_reported(tmp_path, capsys):
    @stage(outputs=("size",))
    def measure(*, size: Annotated[int, Option("size", formerly=("extent",))] = 1) -> int:
        """Measure."""
        return size

    events = []
    assert run(Pipeline(measure), store=tmp_path, extent=3, on_event=events.append)["size"] == 3
    words = "arguments: extent is called size now; use that name"
    assert [one.message for one in events if one.kind == "warning"] == [words]
    plan(Pipeline(measure), store=tmp_path, extent=3)
    assert capsys.readouterr().err == f"warning: {words}\n", "where nobody listens, it is printed"


def test_the_events_of_a_run_in_order(tmp_path):
    events = []
    run(shop.SHOP, store=tmp_path, targets=["choose"], on_event=events.append)
    events = [one for one in events if one.kind != "warning"]  # the shop's own, of its log
    kinds = [(one.kind, one.fields.get("stage", one.fields.get("label"))) for one in events]
    assert kinds == [
        ("stage_started", "collect"),
        ("progress", "collect"),
        ("stage_finished", "collect"),
        ("stage_started", "choose"),
        ("stage_finished", "choose"),
    ]
    assert (events[1].done, events[1].total, events[1].unit) == (7, 7, "days")
    assert (events[2].status, events[2].reason) == ("ran", "never run before")
    with pytest.raises(AttributeError, match="progress has no loss, but label, done, total"):
        events[1].loss  # noqa: B018
    assert json.dumps([dict(one.fields) for one in events])
    events = []
    run(shop.SHOP, store=tmp_path, targets=["choose"], on_event=events.append)
    assert [(one.kind, one.status) for one in events] == [("stage_finished", "cached")] * 2


def test_a_listener_that_fails_ends_the_run(tmp_path):
    def fail(event):
        raise LookupError("no ear")

    with pytest.raises(LookupError, match="no ear"):
        run(shop.SHOP, store=tmp_path, on_event=fail)
    assert run(shop.SHOP, store=tmp_path)["total"]["total"] == 82.0
