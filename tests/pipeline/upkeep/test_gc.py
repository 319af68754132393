"""Garbage collection: what no kept result needs goes, everything else stays."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.maintenance import parse_size
from pipeline.cli.program import Program, make_cli
from pipeline.errors import ConfigError, MissingArtifact
from pipeline.events.reporter import Reporter
from pipeline.graph import Pipeline
from pipeline.runner import run
from pipeline.stage import Option, stage
from pipeline.upkeep.gc import DAY
from pipeline.upkeep.stored import Makers, Stored
from pipeline.upkeep.verify import verify_results
from tests.pipeline import shop


def test_what_leads_to_a_final_result_stays(run_shop, collect):
    run_shop()
    run_shop(floor=3.0)
    assert collect(given={"floor": 9.0}) == []
    assert run_shop()[1] == run_shop(floor=3.0)[1] == []


def test_what_leads_nowhere_goes(run_shop, run_in_vain, collect):
    run_shop()
    run_in_vain(days=3)
    assert collect(dry_run=True) == ["choose", "collect"]
    assert collect() == ["choose", "collect"]
    assert run_shop()[1] == []
    assert run_shop("collect", days=3)[1] == ["collect"]


def test_what_the_current_flags_lead_to_stays(run_in_vain, collect):
    run_in_vain(days=3)
    assert collect(given={"days": 3}) == []
    assert collect() == ["choose", "collect"]


def test_what_somebody_asked_for_stays(run_shop, collect):
    run_shop("choose", days=3)
    assert collect() == []


@stage(outputs=("prices",))
def price(*, rise: Annotated[int, Option("in percent")] = 0) -> np.ndarray:
    """What things cost."""
    return np.full(3, 100 + rise)


@stage(outputs=("list",))
def show(prices: np.ndarray) -> list[float]:
    """A list to print."""
    return prices.tolist()


def test_what_another_program_made_in_the_same_folder_stays(planner, run_shop, collect, store):
    other = Pipeline(price, show)
    for rise in (0, 5):
        made = run(planner(other, rise=rise), (), Reporter())
    shutil.rmtree(store.folder(made.stages[-1].key))
    run_shop()
    assert collect() == ["price"], "the stale one alone"
    assert sorted(path.parent.name for path in store.results()) == [
        *("add", "choose", "collect", "price", "show")
    ]


def test_a_search_keeps_its_results_and_can_drop_their_arrays(planner, run_shop, collect, store):
    found = [run(planner(days=d), ["choose"], Reporter(), purpose="search") for d in (3, 4, 5)]
    run_shop(days=4)
    assert collect() == []
    assert collect(searches=True) == ["choose", "choose", "collect", "collect"]
    keys = [outcome.stages[-1].key for outcome in found]
    assert [store.damage(key) for key in keys] == [
        *("kept.npy was dropped by gc --searches", None, "kept.npy was dropped by gc --searches")
    ]
    assert store.load(keys[0], "rule") == {"floor_is_positive": True}
    with pytest.raises(MissingArtifact, match="was dropped by gc --searches"):
        store.load(keys[0], "kept")
    assert [reason for _, reason in verify_results(store)] == [None] * 5
    assert collect(searches=True) == []
    assert run_shop("choose", days=3)[1] == ["collect", "choose"]


def test_a_result_of_a_newer_version_is_left_alone(run_in_vain, collect, store):
    run_in_vain()
    (path,) = store.root.glob("choose/*/manifest.json")
    path.write_text(path.read_text().replace('"format": 2', '"format": 3', 1))
    assert collect(given={"days": 9}) == ["collect"]


@pytest.mark.parametrize("count", [50, 100])
def test_the_work_grows_with_the_number_of_results(count):
    """Also where all have made the same, or take the same."""
    raw = [result("raw", i, {"raw": str(i % 7)}) for i in range(count)]
    mid = [result("mid", i, {"mid": "same"}, {"raw": str(i % 7)}) for i in range(count)]
    end = [result("end", i, {"end": str(i)}, {"mid": "same"}, "final") for i in range(count)]
    makers, kept = Makers([*raw, *mid, *end]), set()
    for root in end:
        makers.reach([root], kept)
    assert len(kept) == 3 * count
    assert makers.steps <= 3 * count


def result(stage, number, outputs, inputs=(), root=""):
    outputs = {name: {"digest": digest} for name, digest in outputs.items()}
    manifest = {"outputs": outputs, "fields": {"inputs": dict(inputs)}, "root": root}
    return Stored(Path(stage, str(number)), manifest, 1, 0.0)


def test_old_results_go(run_shop, collect, store):
    run_shop()
    outcome, _ = run_shop(days=3)
    for result in outcome.stages:
        os.utime(store.folder(result.key), (0, 0))
    assert collect(days=10, now=11 * DAY) == ["add", "choose", "collect"]
    assert run_shop()[1] == []


def test_states_that_nobody_goes_on_with_go(run_shop, collect, store, planner):
    keys = [planner(**given).plan()[0].key for given in ({}, {"days": 3}, {"days": 4})]
    for key, day in zip(keys, (0, 0, 5), strict=True):
        store.states.save(key, {}, {"step": 1})
        os.utime(store.root / ".state" / str(key), (day * DAY, day * DAY))
    collect(now=11 * DAY)
    assert all(key in store.states for key in keys)
    collect(days=10, now=11 * DAY)
    assert [key in store.states for key in keys] == [True, False, True], "the first is current"


def test_the_longest_unused_go_first_when_room_is_short(run_shop, collect, store):
    for age, days in enumerate((5, 4, 3)):
        outcome, _ = run_shop(days=days)
        for result in outcome.stages:
            os.utime(store.folder(result.key), (1e9 - age, 1e9 - age))
    total = sum(p.stat().st_size for p in store.root.glob("[!.]*/*/*"))
    assert collect(given={"days": 9}, size=total - 1) == ["add", "choose", "collect"]
    assert run_shop(days=3)[1] == ["collect", "choose", "add"], "it was used longest ago"
    assert run_shop(days=5)[1] == []
    assert len(collect(given={"days": 9}, size=0)) == 9


def test_a_shared_input_stays_as_long_as_one_needs_it(run_shop, collect, store):
    run_shop()
    outcome, _ = run_shop(floor=3.0)
    os.utime(store.folder(outcome.stages[-1].key), (0, 0))
    assert collect(days=1) == ["add", "choose"]
    assert run_shop()[1] == []


def test_the_command_says_what_goes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cli = make_cli(Program(shop.SHOP, "shop", "A shop.", "1"))
    run_cli(cli, ["run", "--days", "3", "--quiet"])
    for path in Path("artifacts/add").iterdir():
        shutil.rmtree(path)
    capsys.readouterr()
    assert run_cli(cli, ["gc", "--dry-run"]) == 0
    assert "would be freed" in capsys.readouterr().out
    assert run_cli(cli, ["gc", "--json", "--max-size", "1GB", "--unused-days", "3"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {r["reason"] for r in document["removed"]} >= {"no kept result needs it"}
    assert document["bytes"] == sum(r["bytes"] for r in document["removed"])
    assert run_cli(cli, ["gc"]) == 0
    assert capsys.readouterr().out == "0 B freed\n"
    assert run_cli(cli, ["gc", "--max-size", "much"]) == 2
    assert "expected a size such as 500MB or 2GB, found 'much'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "size"), [("12", 12), ("500MB", 500_000_000), ("1.5 g", 1_500_000_000), ("2KiB", 2000)]
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["9" * 400, "1." + "1" * 400, "-1", "nan", "inf", "1e3", "1 PB"])
def test_what_is_no_size(text):
    with pytest.raises(ConfigError, match="expected a size such as 500MB or 2GB"):
        parse_size(text)
