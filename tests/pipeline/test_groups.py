"""Groups of items: how large they are, what a kill leaves of them, how they are made elsewhere."""

from __future__ import annotations

import copyreg
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline import Pipeline, errors, plan, run
from pipeline.api import opened
from pipeline.events.reporter import Reporter
from pipeline.execution import Task
from pipeline.executors.placement import Placement
from pipeline.group_execution import SECONDS, Group, execute_group, execute_group_elsewhere
from pipeline.mapped_run import run_mapped
from pipeline.runner import run as carry_out
from pipeline.store.store import Store
from tests.imports import ROOT
from tests.pipeline import maps
from tests.pipeline.maps import NUMBERS, SLOW

KILLED = """
from pipeline import run
from tests.pipeline.maps import SLOW
run(SLOW, store="store", executor={executor!r}, jobs=2, seconds=0.3, log="log")
"""


def numbers_in(log: Path) -> Counter[int]:
    return Counter(int(line.split()[0]) for line in log.read_text().splitlines())


@pytest.mark.whole
@pytest.mark.parametrize("executor", ["serial", "process"])
def test_a_killed_run_loses_a_group_at_most(tmp_path, executor):
    log = tmp_path / "log"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED.format(executor=executor)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    store = Store(tmp_path / "store")
    try:
        while not store.groups.all():
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    before = sum(numbers_in(log).values())
    stored = 12 - len(plan(SLOW, store=store)[0].items.missing)
    workers = 1 if executor == "serial" else 2
    assert 1 <= stored <= before <= stored + workers * (int(SECONDS / 0.3) + 2)
    assert plan(SLOW, store=store)[0].reason == (
        f"{12 - stored} of 12 items run: the last run did not finish"
    )
    found = run(SLOW, store=store, executor="serial", log=str(log))
    assert list(found["slow"]) == list(range(1, 13))
    assert sum(numbers_in(log).values()) == before + 12 - stored
    assert not list(store.root.glob(".state/*/*/*"))


@pytest.mark.long
def test_groups_take_about_a_second_and_items_of_their_own_go_on(tmp_path):
    log = tmp_path / "log"
    found = run(SLOW, store=tmp_path / "store", jobs=2, seconds=0.25, log=str(log))
    assert list(found["slow"]) == list(range(1, 13))
    sizes = [
        len(found.store.groups.examine(folder)[1]["items"]) for folder in found.store.groups.all()
    ]
    assert sum(sizes) == 12
    assert max(sizes) <= 5
    assert set(numbers_in(log).values()) == {1}


def test_an_executor_of_the_callers_and_another_mapped_stage_beside(tmp_path):
    with ThreadPoolExecutor(2) as pool:
        found = run(
            Pipeline(maps.slow, maps.last, maps.counted),
            store=tmp_path,
            executor=pool,
            jobs=2,
        )
        assert pool.submit(int, "1").result() == 1
    assert list(found["last"]) == [2, 3]
    assert [len(one) for one in found["counted"]] == [2, 3]
    assert len(found["slow"]) == 12


def test_an_interrupt_keeps_the_groups_that_are_done(tmp_path):
    class Impatient(Reporter):
        def progress(self, label, total=None, unit="rows"):
            assert (label, total, unit) == ("slow", 12, "items")
            return Ends(super().progress(label, total, unit))

    class Ends:
        def __init__(self, task):
            self._task = task

        def __enter__(self):
            self._task.__enter__()
            return self

        def __exit__(self, *error):
            self._task.__exit__(*error)

        def advance(self, amount=1, note=""):
            raise KeyboardInterrupt

    with opened(SLOW, Store(tmp_path), (), {"seconds": 0.05}, Reporter()) as planner:
        with pytest.raises(KeyboardInterrupt):
            carry_out(planner, (), Impatient(), Placement("thread", 2))
    missing = plan(SLOW, store=tmp_path)[0].items.missing
    assert 0 < len(missing) < 12


def test_a_group_in_another_process_gives_back_errors_that_can_be_read(tmp_path, monkeypatch):
    monkeypatch.delitem(copyreg.dispatch_table, maps.Odd, raising=False)  # of tblib, if it is here
    store = Store(tmp_path)
    with opened(Pipeline(maps.odd), Store(tmp_path), (), {}, Reporter()) as planner:
        made = planner.decide(maps.odd, {}, {})
        task = Task(maps.odd, {}, {}, made.key, made.fields, "", made.sources)
        mapped = made.items.mapped
        items = tuple(mapped.items)
        group = Group(task, mapped.common, mapped.fields, items, keep_going=True)
        done = execute_group_elsewhere(group, tmp_path)
    assert (done.count, len(store.groups.all())) == (3, 1)
    (first, odd), (second, two) = done.failures
    assert (first, str(odd), type(odd)) == (0, "Odd: odd 1", RuntimeError)
    assert (second, str(two), type(two)) == (1, "two", ValueError)
    assert all("Traceback" in error.__notes__[0] for error in (odd, two))
    stop = threading.Event()
    stop.set()
    done = execute_group(group, store, Reporter(), stop)
    assert (done.count, done.name) == (1, "")
    assert len(store.groups.all()) == 1


def test_a_result_that_another_process_has_just_made_is_taken(tmp_path):
    with opened(SLOW, Store(tmp_path), (), {}, Reporter()) as planner:
        made = planner.decide(maps.slow, {}, {})
        run(SLOW, store=tmp_path)
        task = Task(maps.slow, made.parameters, {}, made.key, made.fields, "", made.sources)
        seen = planner.observations
        given = (task, made.items.mapped, planner.store, Reporter())
        assert not run_mapped(*given, lambda: True, seen, None, lambda: 1)
        stop = threading.Event()
        stop.set()
        planner.store.invalidate(planner.store.groups.all()[0])
        (planner.store.groups.all()[0] / "manifest.json").unlink()
        with pytest.raises(errors.Interrupted):
            run_mapped(*given, lambda: False, seen, lambda group: Future(), lambda: 1, stop=stop)


def test_items_that_refer_to_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        Path(name).write_text(name)
    pipeline = Pipeline(maps.refer)
    found = run(pipeline, store="store", executor="serial")
    assert [one.files[0].path.name for one in found["referred"]] == ["a", "b"]
    assert plan(pipeline, store="store")[0].status == "cached"
    Path("b").write_text("other")
    assert plan(pipeline, store="store")[0].status == "runs"
    found = run(pipeline, store="store", executor="serial")
    assert found["referred"][1].files[0].size == 5


def test_a_stage_that_was_not_mapped(tmp_path):
    run(Pipeline(maps.listed, maps.double_all), store=tmp_path, executor="serial")
    found = run(Pipeline(maps.listed, maps.double), store=tmp_path, executor="serial")
    assert found.stages[1].reason == "3 of 3 items run: it is mapped now"
    assert list(found["doubled"]) == [2, 4, 6]


def test_counts_where_what_was_there_cannot_be_read(tmp_path):
    found = run(NUMBERS, store=tmp_path, executor="serial")
    for name in ("squares", "halves"):
        Path(found.path(name)).write_text("[")
    run(NUMBERS, store=tmp_path, executor="serial", targets=["listed"], numbers="1,2,5")
    assert plan(NUMBERS, store=tmp_path, numbers="1,2,5")[1].reason == "1 of 3 items run: 1 new"
