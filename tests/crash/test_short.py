"""A sample of the campaign, and proof that it finds what it looks for."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.store.manifest import read_manifest
from pipeline.store.store import Key, Store
from tests.crash import alike, crowd
from tests.crash.faults import every_fault
from tests.crash.journal import Step
from tests.crash.kills import many_lives
from tests.crash.machine import Crashes, record
from tests.crash.parts import IN_MEMORY
from tests.crash.scenarios import SCENARIOS, Scenario, results
from tests.crash.watch import Watcher, watching
from tests.everyday import long_but

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs Linux")


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder in memory, where an fsync costs nothing; its name is short enough for sockets."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        yield Path(folder)


# Every so many operations is disturbed, and of long scenarios fewer: `make crash-test` takes all.
PACE = {"everything": 8, "training": 4, "clearing": 2}


EVERY_DAY = ("shop",)


@pytest.fixture(params=long_but(EVERY_DAY, SCENARIOS))
def scenario(request, scratch) -> Scenario:
    return SCENARIOS[request.param].learn(scratch / "learn")


@pytest.mark.parametrize(
    ("number", "lasting"),
    [
        pytest.param(errno.EIO, False, id="EIO once"),
        pytest.param(errno.EIO, True, id="EIO from then on", marks=pytest.mark.long),
        pytest.param(errno.ENOSPC, False, id="ENOSPC once", marks=pytest.mark.long),
        pytest.param(errno.ENOSPC, True, id="ENOSPC from then on"),
    ],
)
def test_an_operation_that_fails(scenario, scratch, number, lasting):
    tally = every_fault(
        scenario, scratch, number, lasting, stride=(37 - 8 * lasting) * PACE.get(scenario.name, 1)
    )
    assert tally.wrong == []
    assert tally.counts


def test_writes_that_take_less_than_they_are_given(scenario, scratch):
    class Sips(Watcher):
        def takes(self, size: int) -> int:
            return max(size // 3, 1)

    (scratch / "run").mkdir()
    scenario.prepare(scenario, scratch / "run")
    with watching(scratch / "run", Sips()):
        scenario.run(scratch / "run")
    assert results(scratch / "run").keys() >= scenario.expected.keys()
    assert scenario.wrong(scratch / "run") == []


def test_a_power_failure(scenario, scratch):
    (scratch / "run").mkdir()
    scenario.prepare(scenario, scratch / "run")
    made = record(scenario, scratch / "run")
    stride = 29 * PACE.get(scenario.name, 1)
    tally = Crashes(scenario, scratch / "disks").explore(made, start=3, stride=stride, draws=1)
    assert tally.wrong == []
    assert len(tally.seen) > 3


@pytest.mark.long
@pytest.mark.parametrize(
    ("unsynced", "found"),
    [
        (".npy", "passes for whole"),
        ("manifest.json", "is lost"),
        ("count", "is lost"),
    ],
)
def test_an_fsync_that_is_missing_is_found(scratch, unsynced, found):
    scenario = SCENARIOS["counting"].learn(scratch / "learn")
    (scratch / "run").mkdir()
    made = record(scenario, scratch / "run")
    nodes = {step.node for step in made.steps if step.name.endswith(unsynced)}
    steps = [
        Step("sync", -1) if step.kind == "sync" and step.node in nodes else step
        for step in made.steps
    ]
    made = replace(made, steps=steps)
    tally = Crashes(scenario, scratch / "disks").explore(made, stride=11, draws=0)
    assert any(found in problem for problem in tally.wrong)


@pytest.mark.parametrize(("lr", "batch"), [("1e30", "5"), ("1e5", "5"), ("1e30", "12")])
def test_a_training_that_diverges_keeps_its_last_good_state(scratch, lr, batch):
    flags = {**SCENARIOS["training"].flags, "lr": lr, "batch": batch, "epochs": "5"}
    scenario = replace(SCENARIOS["training"], flags=flags)
    for _ in range(2):
        with pytest.raises(UserError, match=r"in epoch \d, step \d; choose a smaller --lr, "):
            scenario.run(scratch)
    store = Store(scratch / "artifacts")
    (path,) = store.root.glob(".state/train/*/*")
    state = read_manifest(path)
    arrays, _ = store.states.load(Key("train", state["fingerprint"]))
    assert all(np.isfinite(array).all() for array in arrays.values())
    assert not list(store.root.glob("train/[!.]*"))


@pytest.mark.long
def test_kills_of_the_real_program(scratch):
    tally = many_lives(scratch, 2, names=["plain"], most=1)
    assert tally.wrong == []
    assert tally.counts["identical models"] == tally.counts["lives"]


@pytest.mark.long
def test_many_at_once(scratch):
    expected = crowd.alone(scratch)
    assert crowd.cold_start(scratch / "cold", 3, expected).wrong == []
    assert crowd.killed_holders(scratch / "killed", 3, expected, kills=1, seed=0).wrong == []


@pytest.mark.long
def test_one_model_per_seed(scratch):
    tally = alike.all_ways(
        scratch / "alike", 7, "with everything", workers=(1, 3), executors=("thread",)
    )
    assert tally.wrong == []
    assert tally.counts["models, with everything"] == 2
