"""Verify: what is damaged is named, of results, states and the cache; what cannot be read, too."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli import display
from pipeline.store.cache import write_cache
from pipeline.store.store import Store
from pipeline.upkeep.verify import verify_cache, verify_results, verify_states
from tests.pipeline.store.results import KEY, flip, write

CLOSED = os.strerror(errno.EACCES)


@pytest.fixture
def closed(monkeypatch):
    """Let no file of a certain name be read."""

    def close(name: str) -> None:
        def refuse(path: Path):
            if Path(path).name == name:
                raise PermissionError(errno.EACCES, CLOSED, str(path))

        def read(path):
            refuse(path)
            return read_bytes(path)

        def opening(path, *given, **more):
            refuse(path)
            return opened(path, *given, **more)

        read_bytes, opened = Path.read_bytes, open
        monkeypatch.setattr(Path, "read_bytes", read)
        for module in ("arrays", "manifest", "trees", "values"):
            monkeypatch.setattr(f"pipeline.store.{module}.open", opening, raising=False)

    return close


def reported(store: Store) -> list[str]:
    """The text of a verification, line by line, with the folder of the store left out."""
    found = (dict(verify(store)) for verify in (verify_results, verify_states, verify_cache))
    return display.verification(*found, {}).replace(f"{store.root}/", "").splitlines()


def test_every_flipped_bit_of_a_state_is_found(store):
    store.states.save(KEY, {"weights": np.arange(3, dtype=np.uint8)}, {"step": 1})
    (folder,) = store.root.glob(".state/*/*/1")
    for path in sorted(folder.iterdir()):
        for position in range(path.stat().st_size):
            flip(path, position, position % 8)
            assert dict(verify_states(store))[folder], (path.name, position)
            flip(path, position, position % 8)
    assert dict(verify_states(store)) == {folder: None}


def test_what_is_damaged_is_reported_and_what_becomes_of_it(store):
    write(store, value=1)
    store.states.save(KEY, {}, {"step": 1})
    write_cache(store.cache.path, {})
    whole = "1 of 1 results and 1 of 1 states of unfinished stages are whole"
    assert reported(store) == [whole]
    flip(store.folder(KEY) / "value.json", 0)
    flip(store.root / ".state" / str(KEY) / "1" / "record.json", 0)
    flip(store.cache.path, 0)
    assert reported(store) == [
        f"{KEY}: value.json does not hold the bytes that were written",
        f".state/{KEY}/1: record.json does not hold the bytes that were written",
        ".digests.json: it is damaged, and counts as never written",
        "run again, and stage will be made anew; what depends on them stays, if they come to the "
        "same bytes",
        "run again, and stage will begin anew instead of going on",
        whole.replace("1 of 1", "0 of 1"),
    ]


@pytest.mark.parametrize("name", ["manifest.json", "array.npy", "value.json"])
def test_what_cannot_be_read_may_be_whole(store, closed, name):
    write(store, array=np.arange(3), value=1)
    closed(name)
    assert reported(store) == [
        f"{KEY}: {name} cannot be read: {CLOSED}",
        "what cannot be read may be whole: see to its permissions and its disk",
        "0 of 1 results are whole",
    ]


def test_an_empty_store_is_whole(store):
    assert reported(store) == ["0 of 0 results are whole"]
    write(store, value=1)
    shutil.rmtree(store.folder(KEY))
    (store.root / "README").write_text("")
    assert reported(store) == ["0 of 0 results are whole"]
