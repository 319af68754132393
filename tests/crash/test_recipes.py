"""Every recipe, made small: stopped anywhere it goes on to the same bytes, whoever computes."""

from __future__ import annotations

import errno
import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.faults import every_fault
from tests.crash.parts import IN_MEMORY
from tests.crash.scenarios import Scenario, results
from tests.crash.whole import EVERYTHING, RECIPE_NAMES, WHOLE, small_recipe
from tests.everyday import long_but

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs Linux")
FLAGS = {"everything": EVERYTHING, **{name: small_recipe(name) for name in RECIPE_NAMES}}


@pytest.fixture
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        yield Path(folder)


# One every day, all of them in `make test-long`.
EVERY_DAY = ("fast",)


@pytest.fixture(params=long_but(EVERY_DAY, FLAGS))
def scenario(request, scratch) -> Scenario:
    return Scenario(request.param, WHOLE, FLAGS[request.param]).learn(scratch / "learn")


@pytest.mark.long
def test_stopped_anywhere_it_goes_on_to_the_same_bytes(scenario, scratch):
    """From some operation on none is done, those of cleaning up neither: as in a `kill -9`."""
    start = random.Random(scenario.name).randint(1, 100)
    tally = every_fault(scenario, scratch, errno.EIO, lasting=True, start=start, stride=301)
    assert tally.wrong == []
    assert sum(tally.counts.values()) > 2


@pytest.mark.long
@pytest.mark.parametrize("how", [("thread", 3), ("process", 2)], ids=str)
def test_workers_do_not_change_a_byte(scenario, scratch, how, monkeypatch):
    executor, workers = how
    monkeypatch.setattr("pipeline.executors.pools.process_pool", executor)
    flags = {**scenario.flags, "workers": str(workers)}
    replace(scenario, flags=flags).run(scratch / "other")
    assert results(scratch / "other") == scenario.expected
