"""Stages that do not depend on each other run side by side, in threads and in processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline import run
from pipeline.errors import UserError
from tests.pipeline.fork import FORK

EXECUTORS = ["thread", "process"]


@pytest.fixture
def store(tmp_path):
    (tmp_path / "meeting").mkdir()
    return tmp_path / "store"


@pytest.mark.parametrize("executor", EXECUTORS)
def test_two_stages_meet_and_their_events_arrive(store, tmp_path, executor):
    events = []
    meeting = str(tmp_path / "meeting")
    found = run(
        FORK, store=store, executor=executor, jobs=2, meeting=meeting, on_event=events.append
    )
    assert [(one.name, one.status) for one in found.stages] == [
        (name, "ran") for name in ("left", "right", "join", "after")
    ]
    own = os.getpid()
    assert all((process == own) == (executor == "thread") for process in found["both"])
    assert found["one"]["blas"] == found["two"]["blas"] == [1]
    for name in ("left", "right"):
        kinds = [event.kind for event in events if name in map(str, event.fields.values())]
        assert kinds[0] == "stage_started"
        assert kinds[-1] == "stage_finished"
        assert "metrics" in kinds
        assert f"{name} is here" in [e.message for e in events if e.kind == "info"]
        progress = [e for e in events if e.kind == "progress" and e.label == name]
        assert (progress[-1].done, progress[-1].total) == (2, 2)
    assert {one.status for one in run(FORK, store=store, executor=executor).stages} == {"cached"}


def test_one_at_a_time_where_only_one_may_run(store):
    started = []

    def listen(event):
        if event.kind.startswith("stage_"):
            started.append((event.kind, event.stage))

    for executor, jobs in (("serial", None), ("thread", 1)):
        started.clear()
        run(FORK, store=store / executor, executor=executor, jobs=jobs, on_event=listen)
        assert started == [
            (f"stage_{what}", name)
            for name in ("left", "right", "join", "after")
            for what in ("started", "finished")
        ]


def test_an_executor_of_the_callers_is_used_and_left_open(store, tmp_path):
    names = set()
    with ThreadPoolExecutor(2, "own") as pool:
        run(
            FORK,
            store=store,
            executor=pool,
            jobs=2,
            meeting=str(tmp_path / "meeting"),
            on_event=lambda event: names.add(threading.current_thread().name.split("_")[0]),
        )
        assert pool.submit(int, "1").result() == 1
    assert names == {"own", "MainThread"}


@pytest.mark.parametrize("executor", EXECUTORS)
def test_an_interrupt_ends_both_quickly(store, executor):
    seen = set()

    def listen(event):
        if event.kind == "info":
            seen.add(event.message)
            if len(seen) == 2:
                os.kill(os.getpid(), signal.SIGALRM)

    def interrupt(signum, frame):
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(FORK, store=store, executor=executor, jobs=2, endless=True, on_event=listen)
        ended = time.monotonic()
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert not multiprocessing.active_children()
    assert time.monotonic() - ended < 5
    # An interrupt between a thread's start and its entry in the pool leaves it to end by itself.
    while [t for t in threading.enumerate() if t.name.startswith("pipeline")]:
        assert time.monotonic() - ended < 30
        time.sleep(0.01)
    assert not list(store.glob("*/*/manifest.json"))
    assert run(FORK, store=store)["last"] == 2


def test_an_error_ends_the_other_one(store):
    with pytest.raises(ZeroDivisionError, match="a bug") as caught:
        run(FORK, store=store, jobs=2, bug="right", endless=True)
    assert caught.value.stage == "right"
    assert caught.value.__notes__ == ["in stage right"]
    assert caught.value.outcome.stages == []


def test_a_process_that_is_killed_is_one_line(store):
    with pytest.raises(UserError) as caught:
        run(FORK, store=store, executor="process", jobs=2, killed="left", endless=True)
    (line,) = str(caught.value).splitlines()
    assert line.startswith("expected the process that runs a stage to end by itself, found it ki")
    assert line.endswith("run the same command again, which goes on from what is stored")
    assert caught.value.stage == "left"
    assert not multiprocessing.active_children()
    assert run(FORK, store=store)["last"] == 2
