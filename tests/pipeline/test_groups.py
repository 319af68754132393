"""Groups of items: how large they are, what a kill leaves of them, what becomes of damaged ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline import Pipeline, errors, plan, run
from pipeline.events.reporter import Reporter
from pipeline.group_execution import SECONDS
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

    from pipeline.api import opened
    from pipeline.executors.placement import Placement
    from pipeline.runner import run as carry_out

    with opened(SLOW, tmp_path, (), {"seconds": 0.05}, Reporter()) as planner:
        with pytest.raises(KeyboardInterrupt):
            carry_out(planner, (), Impatient(), Placement("thread", 2))
    missing = plan(SLOW, store=tmp_path)[0].items.missing
    assert 0 < len(missing) < 12


def damage(path: Path) -> None:
    """Another byte, and the time that the file had."""
    status = path.stat()
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_damaged_group_is_found_and_made_anew(tmp_path):
    store = Store(tmp_path)

    def go():
        maps.RAN.clear()
        return run(NUMBERS, store=store, executor="serial")

    first = go()
    (group,) = [path for path in store.groups.all() if path.parent.parent.name == "split"]
    damage(group / "squares.pack")
    assert store.groups.examine(group)[0] is None  # size and time are those that were
    store.invalidate(group)
    assert "squares.pack does not hold the bytes" in store.groups.examine(group)[0]
    found = go()
    assert found.stages[1].reason == (
        "3 of 3 items run: 3: squares.pack does not hold the bytes that were written"
    )
    assert maps.RAN == [1, 2, 3]
    assert list(found["squares"]) == list(first["squares"]) == [1, 4, 9]
    assert [one.status for one in found.stages] == ["cached", "ran", "cached", "cached"]


@pytest.mark.parametrize("name", ["squares.pack", "manifest.json"])
def test_a_group_that_is_gone_is_made_anew(tmp_path, name):
    run(NUMBERS, store=tmp_path, executor="serial")
    for group in Store(tmp_path).groups.of("split", next(_commons(tmp_path))):
        (group / name).unlink()
    assert "is missing" in plan(NUMBERS, store=tmp_path)[1].reason or name == "manifest.json"
    found = run(NUMBERS, store=tmp_path, executor="serial")
    assert found.stages[1].status == "ran"
    assert list(found["squares"]) == [1, 4, 9]


def _commons(root: Path):
    return (path.name for path in (root / ".items" / "split").iterdir())


def test_a_value_that_is_damaged_is_reported_and_read_again_then(tmp_path):
    found = run(NUMBERS, store=tmp_path, executor="serial")
    (group,) = found["halves"].groups
    pack = group / "halves.pack"
    os.truncate(pack, 10)
    with pytest.raises(errors.CorruptArtifact, match="halves is damaged"):
        found["halves"][2]
    assert run(NUMBERS, store=tmp_path, executor="serial").stages[1].status == "ran"


def test_a_list_of_items_that_is_none(tmp_path):
    found = run(NUMBERS, store=tmp_path, executor="serial")
    path = Path(found.path("squares"))
    for text in ("{}", "[", '{"groups": [], "labels": null, "place": "/", "output": "a"}'):
        path.write_text(text)
        with pytest.raises(errors.CorruptArtifact, match="it is damaged"):
            found["squares"]
    assert run(NUMBERS, store=tmp_path, executor="serial").stages[1].status == "ran"
