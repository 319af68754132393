"""What the framework's tests share: a shop pipeline over a fresh store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.code import CodeIndex
from pipeline.events.reporter import Reporter
from pipeline.graph import Pipeline
from pipeline.outcome import Outcome
from pipeline.planner import Planner
from pipeline.runner import run
from pipeline.store.store import Key, Store
from tests.imports import modules, name_of
from tests.pipeline import shop

FRAMEWORK = frozenset(map(name_of, modules("pipeline")))


@pytest.fixture(autouse=True)
def framework_is_no_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage that a test defines would reach all that its test uses, the runner included: its
    users' stages do not, and to analyse 100 modules takes longer than most tests."""
    monkeypatch.setattr("pipeline.code.index.EXCLUDED", FRAMEWORK)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "artifacts")


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., tuple[Any, dict[str, Any], Store]]:
    """Stores a value, and gives back what is read, its record, and the store."""

    def go(value: Any, digest: str = "a" * 64) -> tuple[Any, dict[str, Any], Store]:
        store, key = Store(tmp_path / "store"), Key("make", digest)
        with store.write(key, {}) as writer:
            writer.put("out", value(writer) if callable(value) else value)
        return store.load(key, "out"), store.manifest(key)["outputs"]["out"], store

    return go


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tables of sources are remembered from test to test."""
    return tmp_path_factory.mktemp("code") / "code.json"


@pytest.fixture
def planner(store: Store, parsed: Path) -> Callable[..., Planner]:
    def make(pipeline: Pipeline = shop.SHOP, **given: Any) -> Planner:
        values = {name: parameter.default for name, parameter in pipeline.parameters.items()}
        return Planner(pipeline, values | given, store, CodeIndex(parsed))

    return make


@pytest.fixture
def run_shop(planner: Callable[..., Planner]) -> Callable[..., tuple[Outcome, list[str]]]:
    """Run the shop; give back its outcome and the stages whose functions were called."""

    def go(*targets: str, reporter: Reporter | None = None, **given: Any):
        shop.RAN.clear()
        outcome = run(planner(**given), targets, reporter or Reporter())
        return outcome, list(shop.RAN)

    return go
