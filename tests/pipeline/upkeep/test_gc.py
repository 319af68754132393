"""Garbage collection: what no kept result needs goes, everything else stays."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.maintenance import parse_size
from pipeline.cli.program import Program, make_cli
from pipeline.errors import ConfigError, MissingArtifact, StorageError
from pipeline.events.reporter import Reporter
from pipeline.graph import Pipeline
from pipeline.runner import run
from pipeline.stage import Option, stage
from pipeline.store.locks import store_lock
from pipeline.upkeep.gc import DAY, plan_removals, remove
from pipeline.upkeep.stored import Lineage, Stored
from pipeline.upkeep.verify import verify_results
from tests.pipeline import shop


@pytest.fixture
def collect(store, planner):
    """Carry out a collection under some flags; give back what went, as stage names."""

    def go(dry_run=False, **limits):
        given = limits.pop("given", {})
        current = [d.key for d in planner(**given).plan() if d.key]
        removals = plan_removals(store, current, **limits)
        if not dry_run:
            remove(store, removals)
        return sorted(r.path.parent.name for r in removals if "." not in str(r.path.parent.name))

    return go


def test_what_leads_to_a_final_result_stays(run_shop, collect):
    run_shop()
    run_shop(floor=3.0)
    assert collect(given={"floor": 9.0}) == []
    assert run_shop()[1] == run_shop(floor=3.0)[1] == []


@pytest.fixture
def run_in_vain(run_shop, store):
    """Run the shop, and lose what it was for."""

    def go(**given):
        outcome, _ = run_shop(**given)
        shutil.rmtree(store.folder(outcome.stages[-1].key))

    return go


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
    lineage, kept = Lineage([*raw, *mid, *end]), set()
    for root in end:
        lineage.reach([root], kept)
    assert len(kept) == 3 * count
    assert lineage.steps <= 3 * count


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


def test_damaged_results_and_leftovers_go(run_shop, collect, store):
    outcome, _ = run_shop()
    keys = [result.key for result in outcome.stages]
    (store.folder(keys[0]) / "manifest.json").write_text("{}")
    left = store.root / "collect" / f".tmp-{'ab' * 16}-01234567-old"
    left.mkdir()
    (left / "part.npy").write_bytes(b"123")
    cache = store.root / f".{'0a' * 8}.part"
    cache.write_text("[")
    store.states.save(keys[1], {}, {"step": 1})
    unfinished = store.root / ".state" / "add" / "ab" / "1"
    unfinished.mkdir(parents=True)
    (unfinished.parent / ".tmp-2-89abcdef").mkdir()
    collect()
    assert not store.folder(keys[0]).exists()
    assert not left.exists()
    assert not cache.exists()
    assert store.states.load(keys[1]) is None
    assert unfinished.exists()
    assert list(unfinished.parent.iterdir()) == [unfinished]
    assert not list(store.root.glob(".locks/*"))


def test_what_is_not_of_the_store_stays(run_shop, collect, store):
    """As where the flag leads to a folder in which somebody keeps other things."""
    own = ["cafe/a", "data/beef/1", "add/notes.txt", "add/.tmp-mine", ".draft.part", ".locks/key"]
    for name in own:
        (store.root / name).parent.mkdir(parents=True, exist_ok=True)
        (store.root / name).write_text("mine")
    run_shop()
    collect(given={"days": 9}, days=0, now=1e12)
    assert not store.results()
    assert all((store.root / name).read_text() == "mine" for name in own)


def test_a_folder_that_cannot_be_listed_ends_it(run_shop, collect, store, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    run_shop()
    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(StorageError, match="found: Permission denied; change its permissions"):
        plan_removals(store, [])


def test_what_cannot_be_read_is_not_taken_for_damaged(run_shop, collect, store, monkeypatch):
    outcome, _ = run_shop()
    manifest = store.folder(outcome.stages[0].key) / "manifest.json"

    def fail_once(path, mode):
        if path == str(manifest):
            monkeypatch.undo()
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return open(path, mode)

    monkeypatch.setattr("pipeline.store.manifest.open", fail_once, raising=False)
    with pytest.raises(OSError, match="Input/output"):
        plan_removals(store, [])
    assert collect() == []


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


def test_the_collector_waits_for_those_who_use_the_store(tmp_path):
    events = []
    told = threading.Event()

    def clear_out():
        with store_lock(tmp_path, exclusive=True, waiting=told.set):
            events.append("collector")

    with (
        store_lock(tmp_path, exclusive=False, waiting=None),
        store_lock(tmp_path, exclusive=False, waiting=None),
    ):
        thread = threading.Thread(target=clear_out)
        thread.start()
        assert told.wait(10)
        events.append("users")
    thread.join(10)
    assert events == ["users", "collector"]


def test_a_command_holds_the_gate_until_it_has_told_its_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def collect_beside(document):
        with pytest.raises(RuntimeError):
            with store_lock(tmp_path / "artifacts", exclusive=True, waiting=give_up):
                pass
        return "told"

    def give_up():
        raise RuntimeError

    program = Program(shop.SHOP, "shop", "A shop.", "1", render=collect_beside)
    assert run_cli(make_cli(program), ["choose", "--quiet"]) == 0


def test_who_may_only_read_the_store_holds_its_gate_too(tmp_path, monkeypatch):
    class Waiting(Exception):
        pass

    def wait():
        raise Waiting

    def read_only(path, flags, *mode):
        if flags & (os.O_RDWR | os.O_CREAT):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return opened(path, flags, *mode)

    opened = os.open
    (tmp_path / ".lock").touch()
    with monkeypatch.context() as context:
        context.setattr(os, "open", read_only)
        reading = store_lock(tmp_path, exclusive=False, waiting=wait)
        reading.__enter__()
    with pytest.raises(Waiting), store_lock(tmp_path, exclusive=True, waiting=wait):
        pass
    reading.__exit__(None, None, None)
    with store_lock(tmp_path, exclusive=True, waiting=wait):
        pass


def test_a_store_that_cannot_be_written_needs_no_lock(tmp_path):
    (tmp_path / "file").write_text("")
    with store_lock(tmp_path / "file" / "store", exclusive=False, waiting=None):
        pass
