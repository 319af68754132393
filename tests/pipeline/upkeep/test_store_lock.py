"""The shared and exclusive lock of a store: those who use it, and who clears it out."""

from __future__ import annotations

import errno
import os
import threading

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import Program, make_cli
from pipeline.store.locks import store_lock
from tests.pipeline import shop


def test_the_collector_waits_for_those_who_use_the_store(tmp_path):
    events = []
    reported = threading.Event()

    def clear_out():
        with store_lock(tmp_path, exclusive=True, waiting=reported.set):
            events.append("collector")

    with (
        store_lock(tmp_path, exclusive=False, waiting=None),
        store_lock(tmp_path, exclusive=False, waiting=None),
    ):
        thread = threading.Thread(target=clear_out)
        thread.start()
        assert reported.wait(10)
        events.append("users")
    thread.join(10)
    assert events == ["users", "collector"]


def test_a_command_holds_the_lock_until_it_has_reported_its_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def collect_beside(document):
        with pytest.raises(RuntimeError):
            with store_lock(tmp_path / "artifacts", exclusive=True, waiting=give_up):
                pass
        return "reported"

    def give_up():
        raise RuntimeError

    program = Program(shop.SHOP, "shop", "A shop.", "1", render=collect_beside)
    assert run_cli(make_cli(program), ["choose", "--quiet"]) == 0


def test_who_may_only_read_the_store_holds_its_lock_too(tmp_path, monkeypatch):
    class Waiting(Exception):
        pass

    def wait():
        raise Waiting

    def read_only(path, flags, *mode):
        if flags & (os.O_RDWR | os.O_CREAT):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return opened(path, flags, *mode)

    opened = os.open
    (tmp_path / ".lock").touch()
    with monkeypatch.context() as context:
        context.setattr(os, "open", read_only)
        reading = store_lock(tmp_path, exclusive=False, waiting=wait)
        reading.__enter__()
    with pytest.raises(Waiting), store_lock(tmp_path, exclusive=True, waiting=wait):
        pass
    reading.__exit__(None, None, None)
    with store_lock(tmp_path, exclusive=True, waiting=wait):
        pass


def test_a_store_that_cannot_be_written_needs_no_lock(tmp_path):
    (tmp_path / "file").write_text("")
    with store_lock(tmp_path / "file" / "store", exclusive=False, waiting=None):
        pass
