"""Locks: one holder at a time, no file left, and one that works where the file system has none."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from pathlib import Path

import pytest

from pipeline.errors import StorageError
from pipeline.store import locks
from pipeline.store.locks import file_lock, store_lock


@pytest.fixture
def reported():
    return []


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks(tmp_path, monkeypatch, reported, number):
    """Its locks lie in the folder for temporary files, and hold there."""
    store, temporary = tmp_path / "store", tmp_path / "temporary"
    store.mkdir()
    temporary.mkdir()
    flock = fcntl.flock

    def refuse(descriptor: int, mode: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").startswith(str(store)):
            raise OSError(number, os.strerror(number))
        flock(descriptor, mode)

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setattr(locks, "_noted", set())
    order, waited = [], []

    def second() -> None:
        with file_lock(store / "a.lock", waited.append, note=reported.append):
            order.append("second")

    with file_lock(store / "a.lock", waited.append, note=reported.append):
        thread = threading.Thread(target=second)
        thread.start()
        while not waited:
            pass
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
    assert waited == [f"process {os.getpid()}"]
    assert len(reported) == 1, "it is said once"
    assert f"expected a file system with locks, found none ({os.strerror(number)})" in reported[0]
    assert not list(temporary.iterdir())
    with store_lock(store, exclusive=True, waiting=lambda: None), pytest.raises(BlockingIOError):
        fcntl.flock(os.open(next(temporary.iterdir()), os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_lock_that_its_holder_removed_is_another_file(tmp_path, reported):
    """Three in a row: nobody holds a lock that the next one does not see."""
    inside, most = [], []

    def take() -> None:
        for _ in range(50):
            with file_lock(tmp_path / "a.lock", lambda holder: None):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert max(most) == 1
    assert len(most) == 150
    assert os.listdir(tmp_path) == []


def test_a_store_that_is_not_there_is_not_made_by_who_looks(tmp_path):
    with store_lock(tmp_path / "a", exclusive=False, waiting=lambda: None):
        pass
    with store_lock(tmp_path / "a", exclusive=True, waiting=lambda: None):
        pass
    assert os.listdir(tmp_path) == []
    with store_lock(tmp_path / "a", exclusive=False, waiting=lambda: None, create=True):
        assert os.listdir(tmp_path / "a") == [".lock"]


def test_who_clears_out_a_store_must_have_its_lock(tmp_path, monkeypatch):
    def refuse(path: Path, *how: int) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))

    monkeypatch.setattr(os, "open", refuse)
    with store_lock(tmp_path, exclusive=False, waiting=lambda: None):
        pass
    with pytest.raises(StorageError, match="Too many open files; end other programs or raise"):
        with store_lock(tmp_path, exclusive=True, waiting=lambda: None):
            pass


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("exclusive", [True, False])
def test_a_process_that_was_forked_neither_keeps_a_lock_nor_lets_go_of_it(tmp_path, exclusive):
    path = tmp_path / "lock"

    def is_held() -> bool:
        with open(path, "a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    ours, theirs = os.pipe()
    with file_lock(path, print, exclusive=exclusive):
        kept, ended = os.fork(), 0
        if kept:
            ended = os.fork()
        if not kept:  # it goes on after its parent has let go
            os.close(theirs)
            os.read(ours, 1)
            os._exit(0)
        if ended:
            os.waitpid(ended, 0)
            assert is_held()
    if not ended:  # it came to the end of the block
        os._exit(0)
    path.touch()
    assert not is_held()
    os.close(theirs)
    os.waitpid(kept, 0)
