"""Workers with no folder in common with us: threads with a scratch of their own, and Dask's."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.backends import worker
from pipeline.backends.apart import Apart
from pipeline.backends.sources import Sources
from pipeline.code import CodeIndex
from pipeline.events.reporter import Reporter
from pipeline.executors.placement import Placement
from pipeline.executors.pools import thread_pool
from pipeline.planner import Planner
from pipeline.runner import run as carry_out
from pipeline.store.store import Store


@pytest.fixture
def apart(tmp_path, monkeypatch):
    """A backend whose workers are threads that have a scratch of their own."""
    monkeypatch.setattr(worker, "_scratches", {})
    monkeypatch.setattr(worker, "_temporary", lambda: str(tmp_path / "scratch"))
    # and neither a folder nor a file in common, though there are some
    monkeypatch.setattr("pipeline.backends.sources._common_store", lambda *given: None)
    monkeypatch.setattr(Sources, "_is_here", lambda *given: False)
    with Apart(thread_pool(2), own=True, away=True, most=2) as backend:
        yield backend


@contextmanager
def dask(folder):
    """A Dask cluster in this process: a scheduler and two workers, over TCP."""
    distributed = pytest.importorskip("distributed")
    given = {"dashboard_address": "127.0.0.1:0", "protocol": "tcp://", "silence_logs": 50}
    given["scheduler_kwargs"] = {"dashboard": False}
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, local_directory=folder, **given
    ) as cluster:
        with distributed.Client(cluster, set_as_default=False) as client:
            yield client.get_executor(pure=False)


TEXTS = {"ant": "the ant and the bee", "bee": "a bee a day", "cat": "the cat sat"}


@pytest.fixture
def texts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("texts").mkdir()
    for name, text in TEXTS.items():
        Path(f"texts/{name}.txt").write_text(text)
    return Path("texts")


def on(backend, pipeline, root, keep_going=False, **given):
    """Run a pipeline with all of its stages on the workers of a backend."""
    values = {name: parameter.default for name, parameter in pipeline.parameters.items()}
    one = Planner(pipeline, values | given, Store(root), CodeIndex(root / ".code.json"))
    placement = Placement("thread", 2, keep_going)
    return carry_out(one, (), Reporter(), placement, backend=backend)


def reason(found, name="tokenize"):
    return next(one.reason for one in found.stages if one.name == name)


def digests(found):
    return {name: found.record(name)["digest"] for name in found.artifacts()}
