"""Scenarios: small pipelines to be disturbed, and what must hold of their store afterwards.

    shop        three stages: blocks, several outputs, JSON
    counting    one stage that keeps a state at each of its steps
    training    the real training, on a few points, with a state after each of its steps
    everything  from pictures to model.json, with all on that a training can be made of
    clearing    the shop over damaged results and what the dead have left, and `gc` after it

A scenario runs as a command does: with the locks of the store and of results and the caches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from unittest import mock

import numpy as np

from pipeline.cli import session
from pipeline.code import CodeIndex
from pipeline.context import QUIET, Context
from pipeline.graph import Pipeline
from pipeline.planner import output_digests
from pipeline.settings import resolve
from pipeline.stage import Option, stage
from pipeline.store.manifest import read_manifest
from pipeline.store.store import Key, Store
from pipeline.upkeep.gc import plan_removals, remove
from pipeline.upkeep.verify import verify_results
from stages.train import train
from tests.crash.whole import EVERYTHING, WHOLE
from tests.pipeline.shop import SHOP

CODE = CodeIndex()
Steps = Annotated[int, Option("how far to count", minimum=1)]


@stage(outputs=("numbers", "end"))
def count(*, steps: Steps = 3, context: Context = QUIET) -> dict[str, Any]:
    """Count, and remember how far."""
    arrays, record = context.load_state() or ({"numbers": np.zeros(0)}, {"step": 0})
    numbers = arrays["numbers"]
    for step in range(record["step"], steps):
        numbers = np.append(numbers, step)
        context.save_state({"numbers": numbers}, {"step": step + 1})
    return {"numbers": numbers, "end": {"steps": steps}}


POINTS = ("features", "labels", "dataset", "train_rows", "validation_rows")


@stage(outputs=(*POINTS, "standardization", "whitening"))
def points() -> dict[str, Any]:
    """Two clouds of points to be separated."""
    rng = np.random.default_rng(0)
    labels = np.arange(20, dtype=np.uint8) % 2
    features = rng.normal(labels[:, None], 1, (20, 3)).astype(np.float32)
    return {
        "features": features,
        "labels": labels,
        "dataset": {"name": "points", "classes": ["left", "right"], "train": 20, "test": 0},
        "train_rows": np.arange(12),
        "validation_rows": np.arange(12, 20),
        "standardization": np.stack([features.mean(0), 1 / features.std(0)]),
        "whitening": np.empty((0, 3), np.float32),
    }


@contextmanager
def saving_always() -> Iterator[None]:
    """Train step by step, with a state after each."""
    from stages.training import checkpoints as pace

    constants = {"SEGMENT_SECONDS": 0.0, "FIRST_SAVE_SECONDS": 0.0, "SAVING_SHARE": float("inf")}
    with mock.patch.multiple(pace, **constants):
        yield


Results = dict[Key, dict[str, str]]  # the digests of outputs, by name, of each result


def results(base: Path) -> Results:
    """All results in the store below `base`."""
    store = Store(base / "artifacts")
    found = {}
    for path, _ in verify_results(store):
        manifest = read_manifest(path)
        key = Key(path.parent.name, manifest["fingerprint"])
        found[key] = output_digests(manifest)
    return found


def wrong(base: Path, expected: Results) -> list[str]:
    """What looks whole in the store below `base`, and is not what is expected."""
    store = Store(base / "artifacts")
    reasons = dict(verify_results(store))
    found = []
    for key, digests in expected.items():
        if store.damage(key) is None:
            if reason := reasons[store.folder(key)]:
                found.append(f"{key} passes for whole: {reason}")
            elif output_digests(store.manifest(key)) != digests:
                found.append(f"{key} is whole and wrong")
    return found


@dataclass
class Scenario:
    """A pipeline with its flags. `expected` are the digests of an undisturbed run, by result.

    `prepare` fills an empty folder with what is there at the beginning. Without `caches` the
    sources are analysed once, not by every run.
    """

    name: str
    pipeline: Pipeline
    flags: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[Scenario, Path], None] = lambda scenario, base: None
    caches: bool = False
    clears: bool = False
    expected: Results = field(default_factory=dict)

    def run(self, base: Path, show: Callable[[Store], None] = lambda store: None) -> None:
        """Run the pipeline on the store below `base`, which is shown before."""
        made = self._session(base)
        show(made.store)
        with saving_always(), made.sharing():
            made.run()
        if self.clears:
            self.clear(base)

    def clear(self, base: Path) -> None:
        """Collect the garbage."""
        made = self._session(base)
        keys = [decision.key for decision in made.plan()]
        remove(made.store, plan_removals(made.store, keys))

    def learn(self, base: Path) -> Scenario:
        """Take an undisturbed run in an empty folder as what is expected from now on."""
        self.run(base)
        self.expected = results(base)
        return self

    def wrong(self, base: Path) -> list[str]:
        """What looks whole in the store as it lies there, and is not what it should be."""
        return wrong(base, self.expected)

    def heal(self, base: Path) -> list[str]:
        """Run again, undisturbed, and collect the garbage: what is not as it should be then."""
        try:
            self.run(base)
            self.clear(base)
        except Exception as error:
            return [f"needs a hand: {type(error).__name__}: {error}"]
        store = Store(base / "artifacts")
        missing = [f"{key}: {why}" for key in self.expected if (why := store.damage(key))]
        kept = {store.folder(key) for key in self.expected}
        left = [path for path, _ in verify_results(store) if path not in kept]
        for pattern in ("*/.tmp-*", "*.part", ".state/*/*"):
            left += store.root.glob(pattern)
        return [*self.wrong(base), *missing, *(f"{path} is left" for path in left)]

    def _session(self, base: Path) -> session.Session:
        given = {"artifacts_dir": str(base / "artifacts"), "quiet": True}
        common = defaultdict(lambda: None, given)
        settings = resolve(self.pipeline.parameters, flags=self.flags)
        index = CodeIndex if self.caches else lambda cache: CODE
        with mock.patch.object(session, "CodeIndex", index):
            return session.Session(self.pipeline, (), common, settings)


def _used(scenario: Scenario, base: Path) -> None:
    """A store with results that nothing needs, one that is damaged, and a dead process's file."""
    Scenario("other", SHOP, {"days": "2", "floor": "1"}).run(base)
    store = Store(base / "artifacts")
    for path in store.root.glob("add/*"):  # so that no final result needs the rest
        (path / "total.json").unlink()
        (path / "manifest.json").unlink()
    Scenario("same", SHOP, scenario.flags).run(base)
    for path in store.root.glob("choose/*/kept.npy"):
        path.write_bytes(path.read_bytes()[:-8])
    (left := store.root / "add" / f".tmp-{'ab' * 16}-01234567").mkdir()
    (left / "total.json").write_text("{}")


TRAINING = {"hidden": "4", "epochs": "2", "batch": "5", "workers": "1"}
SCENARIOS = {
    "shop": Scenario("shop", SHOP, {"days": "3"}, caches=True),
    "counting": Scenario("counting", Pipeline(count)),
    "training": Scenario("training", Pipeline(points, train), TRAINING),
    "everything": Scenario("everything", WHOLE, EVERYTHING),
    "clearing": Scenario("clearing", SHOP, {"days": "3"}, prepare=_used, clears=True),
}
