"""Waiting for the first of several futures."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from pipeline.executors.waiting import first_ended


def test_the_first_that_ends_is_found():
    go = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        slow, quick = pool.submit(go.wait), pool.submit(int)
        assert first_ended({slow, quick}) == {quick}
        go.set()
        assert first_ended([slow]) == {slow}


def test_what_is_cancelled_in_a_queue_wakes_who_waits():
    go, found = threading.Event(), []
    pool = ThreadPoolExecutor(1)
    pool.submit(go.wait)
    queued = pool.submit(int)
    waiting = threading.Thread(target=lambda: found.append(first_ended([queued])), daemon=True)
    waiting.start()
    pool.shutdown(wait=False, cancel_futures=True)
    waiting.join(20)
    go.set()
    assert found == [{queued}]
