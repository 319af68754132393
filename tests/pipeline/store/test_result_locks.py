"""The lock of a result: who holds it, who waits, and who died with it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path

from pipeline.store.store import Store
from tests.pipeline.store.results import KEY


class TestLock:
    def test_the_second_waits_and_reads_for_whom(self, store):
        reported, order = [], []

        def second():
            with store.lock(KEY, reported.append):
                order.append("second")

        with store.lock(KEY, reported.append):
            thread = threading.Thread(target=second)
            thread.start()
            while not reported:
                pass
            order.append("first")
        thread.join(10)
        assert order == ["first", "second"]
        assert reported == [f"process {os.getpid()}"]

    def test_a_holder_that_has_not_said_who_it_is(self, store):
        reported = []
        thread = threading.Thread(target=_take, args=(store, reported))
        with store.lock(KEY, reported.append):
            for owner in store.root.glob(".locks/*.lock"):
                owner.write_text("")
            thread.start()
            while not reported:
                pass
        thread.join(10)
        assert reported == ["another process"]

    def test_a_dead_holder_blocks_nobody(self, store):
        context = multiprocessing.get_context("spawn")
        ready = context.Event()
        process = context.Process(target=_hold, args=(store.root, ready))
        process.start()
        assert ready.wait(60)
        process.kill()
        process.join(10)
        with store.lock(KEY, lambda holder: None):
            pass


def _take(store: Store, reported: list[str]) -> None:
    with store.lock(KEY, reported.append):
        pass


def _hold(root: Path, ready) -> None:
    with Store(root).lock(KEY, lambda holder: None):
        ready.set()
        threading.Event().wait(60)
