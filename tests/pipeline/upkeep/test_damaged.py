"""What is damaged goes; what cannot be read, or is not the store's, stays."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pipeline.errors import StorageError
from pipeline.upkeep.gc import plan_removals, remove


def test_damaged_results_and_leftovers_go(run_shop, collect, store):
    outcome, _ = run_shop()
    keys = [result.key for result in outcome.stages]
    (store.folder(keys[0]) / "manifest.json").write_text("{}")
    left = store.root / "collect" / f".tmp-{'ab' * 16}-01234567-old"
    left.mkdir()
    (left / "part.npy").write_bytes(b"123")
    cache = store.root / f".{'0a' * 8}.part"
    cache.write_text("[")
    store.states.save(keys[1], {}, {"step": 1})
    unfinished = store.root / ".state" / "add" / "ab" / "1"
    unfinished.mkdir(parents=True)
    (unfinished.parent / ".tmp-2-89abcdef").mkdir()
    collect()
    assert not store.folder(keys[0]).exists()
    assert not left.exists()
    assert not cache.exists()
    assert store.states.load(keys[1]) is None
    assert unfinished.exists()
    assert list(unfinished.parent.iterdir()) == [unfinished]
    assert not list(store.root.glob(".locks/*"))


def test_what_was_left_in_what_goes_is_deleted_and_counted_with_it(run_shop, store):
    outcome, _ = run_shop()
    store.states.save(outcome.stages[1].key, {}, {"step": 1})
    state = store.root / ".state" / str(outcome.stages[1].key)
    (state / ".tmp-2-89abcdef").mkdir()
    (state / ".tmp-2-89abcdef" / "part.npy").write_bytes(b"123")
    removals = plan_removals(store, [])
    assert [removal.path for removal in removals if state.name in removal.path.parts] == [state]
    remove(store, removals)
    assert not state.exists()


def test_what_is_not_of_the_store_stays(run_shop, collect, store):
    """As where the flag leads to a folder in which somebody keeps other things."""
    own = ["cafe/a", "data/beef/1", "add/notes.txt", "add/.tmp-mine", ".draft.part", ".locks/key"]
    for name in own:
        (store.root / name).parent.mkdir(parents=True, exist_ok=True)
        (store.root / name).write_text("mine")
    run_shop()
    collect(given={"days": 9}, days=0, now=1e12)
    assert not store.results()
    assert all((store.root / name).read_text() == "mine" for name in own)


def test_a_folder_that_cannot_be_listed_ends_it(run_shop, collect, store, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    run_shop()
    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(StorageError, match="found: Permission denied; change its permissions"):
        plan_removals(store, [])


def test_what_cannot_be_read_is_not_taken_for_damaged(run_shop, collect, store, monkeypatch):
    outcome, _ = run_shop()
    manifest = store.folder(outcome.stages[0].key) / "manifest.json"

    def fail_once(path, mode):
        if path == str(manifest):
            monkeypatch.undo()
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return open(path, mode)

    monkeypatch.setattr("pipeline.store.manifest.open", fail_once, raising=False)
    with pytest.raises(OSError, match="Input/output"):
        plan_removals(store, [])
    assert collect() == []
