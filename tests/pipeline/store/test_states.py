"""States of a training: the newest whole one counts."""

from __future__ import annotations

import numpy as np

from pipeline.store.commit import committing
from pipeline.store.manifest import MANIFEST
from tests.pipeline.store.results import KEY, flip


class TestState:
    def test_the_newest_whole_state_is_loaded(self, store):
        assert store.states.load(KEY) is None
        for step in (1, 2):
            store.states.save(KEY, {"weights": np.full(3, step)}, {"step": step})
        arrays, record = store.states.load(KEY)
        assert record == {"step": 2}
        assert arrays["weights"].tolist() == [2, 2, 2]
        arrays["weights"][0] = 9  # a copy in memory, not the file
        assert [p.name for p in (store.root / ".state" / str(KEY)).iterdir()] == ["2"]

    def test_a_damaged_state_is_as_good_as_none(self, store):
        store.states.save(KEY, {"weights": np.arange(3)}, {"step": 1})
        flip(store.root / ".state" / str(KEY) / "1" / "weights.npy", 140)
        assert store.states.load(KEY) is None

    def test_an_older_state_stands_in_for_a_damaged_one(self, store, monkeypatch):
        monkeypatch.setattr("pipeline.store.states.shutil.rmtree", lambda *a, **k: None)
        for step in (1, 2):
            store.states.save(KEY, {"weights": np.arange(3)}, {"step": step})
        (store.root / ".state" / str(KEY) / "2" / MANIFEST).write_text("{}")
        assert store.states.load(KEY)[1] == {"step": 1}

    def test_a_state_of_another_form_is_as_good_as_none(self, store):
        with committing(store.root / ".state" / str(KEY) / "1") as writer:
            writer.put("weights", np.arange(3))
            writer.finish(KEY.digest, {})
        assert store.states.load(KEY) is None
        with committing(store.root / ".state" / str(KEY) / "2") as writer:
            writer.put("record", {})
            writer.put("weights", "text")
            writer.finish(KEY.digest, {})
        assert store.states.load(KEY) is None

    def test_a_state_is_dropped(self, store):
        store.states.save(KEY, {}, {"step": 1})
        store.states.drop(KEY)
        assert store.states.load(KEY) is None
