"""Carrying out a collection: with few threads, and broken off by an error or an interrupt."""

from __future__ import annotations

import errno
import os
import threading
import time

import pytest

from pipeline.errors import StorageError
from pipeline.upkeep import gc
from pipeline.upkeep.gc import Removal, remove

MANY = 200


@pytest.fixture
def doomed(store):
    """What is to go: folders with a file each."""
    folders = [store.root / "make" / f"{number:032x}" for number in range(MANY)]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
    return [Removal(folder, 2, "nobody needs it") for folder in folders]


@pytest.mark.parametrize("threads", [0, 1, 2])
def test_where_few_threads_may_be_started_it_takes_longer(store, doomed, monkeypatch, threads):
    start, left = threading.Thread.start, [threads]

    def limited(thread):
        if not left[0]:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    remove(store, iter(doomed))
    assert not os.listdir(store.root / "make")


@pytest.mark.parametrize(
    ("error", "expected"),
    [(OSError(errno.EACCES, "Permission denied"), StorageError), (KeyboardInterrupt(), None)],
)
@pytest.mark.parametrize("where", ["here", "in a helper"])
def test_an_error_ends_all_of_it(store, doomed, monkeypatch, error, expected, where):
    usual, failed = gc._remove, threading.Event()

    def failing(removal):
        here = threading.current_thread() is threading.main_thread()
        if here is (where == "here") and not failed.is_set():
            failed.set()
            raise error
        time.sleep(0.005)
        usual(removal)

    monkeypatch.setattr(gc, "_remove", failing)
    with pytest.raises(expected or type(error)):
        remove(store, doomed)
    left = len(os.listdir(store.root / "make"))
    assert left > MANY - 20
    time.sleep(0.05)
    assert len(os.listdir(store.root / "make")) == left, "no thread goes on"
