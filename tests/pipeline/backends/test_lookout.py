"""A cluster without workers: the user is told once, and work begins when one joins."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from pipeline.backends import lookout
from pipeline.code import CodeIndex
from pipeline.events.reporter import Reporter
from pipeline.executors.placement import Placement
from pipeline.planner import Planner
from pipeline.search.trials import completed
from pipeline.store.store import Store
from tests.pipeline.backends.flow import FLOW

distributed = pytest.importorskip("distributed")


class Listener(Reporter):
    """Keeps the warnings."""

    def __init__(self):
        super().__init__()
        self.warnings, self.warned = [], threading.Event()

    def warn(self, message):
        self.warnings.append(message)
        self.warned.set()


def test_that_nobody_is_there_to_work_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(lookout, "INTERVAL", 0.02)
    listener = Listener()
    values = {name: parameter.default for name, parameter in FLOW.parameters.items()}
    planner = Planner(FLOW, values, Store(tmp_path / "a"), CodeIndex(tmp_path / "a" / ".code.json"))
    named = {"dashboard_address": None, "protocol": "tcp://", "silence_logs": 50}
    with distributed.LocalCluster(
        n_workers=0, processes=False, local_directory=tmp_path, **named
    ) as cluster:
        placement = Placement("dask", cluster=cluster.scheduler_address)
        started = threading.Thread(
            target=lambda: listener.warned.wait(20) and cluster.scale(1), daemon=True
        )
        started.start()
        given = {1: planner}, ["add"], placement, lambda key: listener
        with closing(completed(*given)) as ended:
            ((_, outcome, error),) = ended
        started.join()
    assert error is None
    assert outcome["total"]["rows"] == 1000
    (warning,) = listener.warnings
    address = placement.cluster
    assert warning == (
        f"cluster {address}: expected workers, found none; work begins as soon as one joins: "
        f"dask worker {address} --nthreads 1"
    )
