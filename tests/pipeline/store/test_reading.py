"""Who may open no more files, or has no rights, does not take for damaged what may be whole."""

from __future__ import annotations

import errno
import os
import resource
from contextlib import contextmanager

import numpy as np
import pytest

from pipeline.upkeep.verify import verify_results
from tests.pipeline.store.results import KEY, write


@contextmanager
def no_more_files():
    """Every file that would be opened in the block is one too many."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_state_is_not_passed_over(store):
    store.states.save(KEY, {"weights": np.arange(3)}, {"step": 1})
    with no_more_files(), pytest.raises(OSError, match="open files") as raised:
        store.states.load(KEY)
    assert raised.value.errno == errno.EMFILE
    assert store.states.load(KEY)[1] == {"step": 1}


@pytest.mark.parametrize("touched", [False, True], ids=["as written", "touched"])
@pytest.mark.parametrize("value", [np.arange(3), {"a": 1}], ids=["array", "json"])
def test_a_result_is_not_made_anew(store, monkeypatch, value, touched):
    write(store, value=value)
    found = store.manifest(KEY)
    monkeypatch.setattr("pipeline.store.store.read_manifest", lambda *given: found)
    if touched:
        for path in store.folder(KEY).iterdir():
            os.utime(path)
    with no_more_files(), pytest.raises(OSError, match="open files") as raised:
        store.damage(KEY) if touched else store.load(KEY, "value")
    assert raised.value.errno == errno.EMFILE
    assert "value" in raised.value.filename
    assert store.damage(KEY) is None


@pytest.mark.parametrize("number", [errno.EACCES, errno.EMFILE, errno.EIO])
def test_verify_goes_on_and_calls_nothing_damaged(store, monkeypatch, number):
    def refused(path, *form):
        raise OSError(number, os.strerror(number))

    write(store, value=np.arange(3))
    monkeypatch.setattr("pipeline.store.arrays.array_digest", refused)
    ((_, reason),) = verify_results(store)
    assert reason == f"value.npy cannot be read: {os.strerror(number)}"
