"""Processes that are killed: the item, the stage or the trial whose fault it is, and the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import pytest

from pipeline import Context, Option, Pipeline, run, stage
from pipeline.context import QUIET
from pipeline.errors import DataError, ExecutorError, WorkersDied
from pipeline.events.reporter import Reporter
from pipeline.executors.placement import Placement
from pipeline.search.trials import completed
from tests.pipeline.fork import FORK, PATIENCE

DEADLY = Annotated[tuple[int, ...], Option("items whose process is killed", affects_result=False)]


@stage(outputs=("halves",), over={"number": list(range(40))})
def halve(number: int, *, deadly: DEADLY = (), context: Context = QUIET) -> float:
    """Half a number, or a death."""
    context.info(f"halve {number}")
    if number in deadly:
        os.kill(os.getpid(), signal.SIGKILL)
    return number / 2


@stage(outputs=("total",))
def add(halves: Any) -> float:
    """The sum."""
    return sum(halves)


HALVES = Pipeline(halve, add)


@pytest.mark.whole
def test_an_item_that_ends_its_process_is_named_and_the_others_are_stored(tmp_path):
    with pytest.raises(WorkersDied) as caught:
        run(HALVES, store=tmp_path, executor="process", jobs=2, deadly=(17,), keep_going=True)
    (line,) = str(caught.value).splitlines()
    assert line.startswith("item number 17: expected the process that runs a stage to end by it")
    assert "again when nothing else ran" in line
    assert caught.value.stage == "halve"
    assert not multiprocessing.active_children()
    for _ in range(2):  # one that is left goes to a process, too: this one lives
        with pytest.raises(WorkersDied, match=r"^item number 17: "):
            run(HALVES, store=tmp_path, executor="process", jobs=2, deadly=(17,))
    said: list[str] = []
    options = {"on_event": lambda event: said.append(event.message) if event.kind == "info" else 0}
    found = run(HALVES, store=tmp_path, executor="process", jobs=2, **options)
    assert found["total"] == sum(range(40)) / 2
    assert said == ["halve 17"]


@pytest.mark.long
def test_one_at_a_time_they_are_made_in_processes_as_well(tmp_path):
    """Else such an item would end the program: this one."""
    with pytest.raises(WorkersDied, match=r"^item number 17: expected the process"):
        run(HALVES, store=tmp_path, executor="process", jobs=1, deadly=(17,))


@pytest.mark.whole
def test_several_such_items_are_counted(tmp_path):
    with pytest.raises(WorkersDied, match=r"^item number 3: .*; 2 more failed: "):
        given = {"deadly": (3, 20, 39), "keep_going": True}
        run(HALVES, store=tmp_path, executor="process", jobs=2, **given)
    found = run(HALVES, store=tmp_path, executor="serial")
    assert found["total"] == sum(range(40)) / 2


def test_a_stage_beside_one_that_ends_its_process_is_made(tmp_path):
    met = tmp_path / "met"
    met.mkdir()
    with pytest.raises(WorkersDied) as caught:
        given = {"killed": "left", "keep_going": True}
        run(FORK, store=tmp_path / "store", executor="process", jobs=2, **given)
    assert caught.value.stage == "left"
    status = {one.name: one.status for one in caught.value.outcome.stages}
    assert status["right"] in ("ran", "cached")  # it may have been stored as the pool was lost


class Odd(Exception):
    """An error that `pickle` writes, and cannot read."""

    def __init__(self, found: int, place: str) -> None:
        super().__init__(f"found {found} in {place}")


class OddMistake(DataError):
    """A user's mistake that is made from other things than its words."""

    def __init__(self, found: int, place: str) -> None:
        super().__init__(f"expected 1, found {found} in {place}")


@stage(outputs=("mistakes",), over={"number": [1, 2]})
def misread(number: int) -> int:
    """Items that are all mistakes of the user's."""
    raise OddMistake(number, "a file")


@pytest.mark.parametrize("executor", ["serial", "process"])
def test_a_mistake_stays_one_whatever_its_class_is_made_from(tmp_path, executor):
    with pytest.raises(DataError) as caught:
        run(Pipeline(misread), store=tmp_path, executor=executor, jobs=2, keep_going=True)
    words = "item number 0: expected 1, found 1 in a file; 1 more failed: number 1"
    assert str(caught.value) == words


@stage(outputs=("odd",))
def fail() -> int:
    """Ends with an error that no other process can read."""
    raise Odd(3, "here")


@stage(outputs=("even",))
def work() -> int:
    """A stage beside it."""
    return 2


def end_at_once() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@stage(outputs=("odd",))
def lose() -> int:
    """Loses a pool of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(end_at_once).result()


@pytest.mark.long
def test_a_pool_of_a_stages_own_that_is_lost_is_no_death(tmp_path):
    with pytest.raises(RuntimeError, match="BrokenProcessPool") as caught:
        run(Pipeline(lose, work), store=tmp_path, executor="process", jobs=2, keep_going=True)
    assert not isinstance(caught.value, ExecutorError)
    assert caught.value.stage == "lose"


def test_an_error_that_cannot_be_read_here_is_no_death(tmp_path):
    with pytest.raises(RuntimeError, match="Odd: found 3 in here") as caught:
        run(Pipeline(fail, work), store=tmp_path, executor="process", jobs=2, keep_going=True)
    assert "raise Odd" in str(caught.value.__cause__)
    assert [one.name for one in caught.value.outcome.stages if one.status == "ran"] == ["work"]


def test_a_pool_of_the_callers_that_is_lost_is_one_line_for_all(tmp_path):
    """It takes nothing any more, and nobody knows whose fault it was: no item is named."""
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        given = {"executor": executor, "jobs": 2, "keep_going": True}
        with pytest.raises(ExecutorError) as caught:
            run(FORK, store=tmp_path, **given, killed="left")
        assert caught.value.stage == "left"
        with pytest.raises(ExecutorError, match=r"^expected the process .* fewer jobs") as caught:
            run(HALVES, store=tmp_path, **given)
        assert not isinstance(caught.value, WorkersDied)
        assert [one.status for one in caught.value.outcome.stages] == ["failed", "skipped"]


@stage(outputs=("process",))
def live(
    *,
    size: Annotated[int, Option("how much it takes")] = 0,
    place: Annotated[str, Option("where all meet")] = "",
) -> int:
    """A trial: one of its sizes is too much."""
    Path(place, f"{size}").touch()
    deadline = time.monotonic() + PATIENCE
    while len(list(Path(place).iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    if size == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return size


@pytest.mark.long
def test_a_trial_that_ends_its_process_leaves_the_others_alone(tmp_path, planner):
    """What a search does with it: tests/stages/commands/search/test_trial.py."""
    (tmp_path / "place").mkdir()
    pipeline = Pipeline(live)
    tasks = {n: planner(pipeline, size=n, place=f"{tmp_path}/place") for n in range(5)}
    ended = {
        size: error or outcome["process"]
        for size, outcome, error in completed(
            tasks, ["live"], Placement("process", 2), lambda key: Reporter()
        )
    }
    assert isinstance(ended.pop(2), WorkersDied)
    assert ended == {0: 0, 1: 1, 3: 3, 4: 4}
