"""States of trainings: of those that are kept, the newest that is whole counts."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from random import Random

import numpy as np

from pipeline.store.store import Store
from tests.fuzz.decoders import Decoder
from tests.fuzz.decoders.stores import KEY, clear, make_result, take, write_files


@functools.cache
def _state() -> tuple[str, dict[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        store.states.save(KEY, {"parameters": np.ones(5), "empty": np.ones((0, 2))}, {"epoch": 3})
        return take(store.root / ".state" / str(KEY) / "1")


def make_states(rng: Random) -> dict[str, dict[str, bytes]]:
    """Folders of states by name: of two that are kept, the newest that is whole counts."""
    names = rng.sample(("1", "2", "10", "x", "-1", "٣", "²", "0", "9" * 60), rng.randint(1, 3))
    return {name: make_result(rng, _state) for name in names}


def read_states(states: dict[str, dict[str, bytes]], folder: Path) -> bool:
    store = Store(folder / "artifacts")
    places = [store.root / ".state" / str(KEY) / name for name in states]
    for place, files in zip(places, states.values(), strict=True):
        write_files(place, files)
    try:
        found = store.states.load(KEY)
    finally:
        for place in places:
            clear(place)
    if found:
        arrays, record = found
        assert isinstance(record, dict)
        assert all(isinstance(array, np.ndarray) for array in arrays.values())
    return found is not None


DECODERS = {
    "training state": Decoder(make_states, read_states, 50, ()),
}
