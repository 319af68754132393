"""Workers with no folder in common: on any executor; here threads, and Dask in this process."""

from __future__ import annotations

import json
import threading
from contextlib import closing, contextmanager

import pytest

from pipeline import run
from pipeline.backends import worker
from pipeline.backends.apart import Apart
from pipeline.backends.parcels import Made
from pipeline.code import CodeIndex
from pipeline.errors import ConfigError, CorruptArtifact, ExecutorError
from pipeline.events.reporter import Reporter
from pipeline.executors.placement import Placement
from pipeline.executors.pools import thread_pool
from pipeline.planner import Planner
from pipeline.runner import run as carry_out
from pipeline.search.trials import completed
from pipeline.store.store import Store
from tests.pipeline.backends.flow import FLOW, WITH_FILES

FACTORS = (1.0, 2.0, 3.0)


@pytest.fixture
def apart(tmp_path, monkeypatch):
    """A backend whose workers are threads that have a scratch of their own."""
    monkeypatch.setattr(worker, "_scratches", {})
    monkeypatch.setattr(worker, "_temporary", lambda: str(tmp_path / "scratch"))
    # and no folder in common, though there is one
    monkeypatch.setattr("pipeline.backends.sources._common_store", lambda *given: None)
    with Apart(thread_pool(2), own=True, away=True, most=2) as backend:
        yield backend


def planner(root, pipeline=FLOW, **given):
    values = {name: parameter.default for name, parameter in pipeline.parameters.items()}
    return Planner(pipeline, values | given, Store(root), CodeIndex(root / ".code.json"))


def test_inputs_are_sent_once_and_results_are_those_of_here(tmp_path, apart, monkeypatch):
    sent = []
    deliver = apart.deliver
    monkeypatch.setattr(
        apart, "deliver", lambda o, m, s: sent.extend(m.contents) or deliver(o, m, s)
    )
    expected = [run(FLOW, store=tmp_path / "here", factor=f)["total"] for f in FACTORS]
    for factor, total in zip(FACTORS, expected, strict=True):
        one = planner(tmp_path / "store", factor=factor)
        found = carry_out(one, (), Reporter(), Placement("thread", 2), backend=apart)
        assert found["total"] == total
        key = found.keys["total"]
        here, there = (Store(tmp_path / name).manifest(key) for name in ("here", "store"))
        assert here["outputs"]["total"]["digest"] == there["outputs"]["total"]["digest"]
        assert "observed" not in there
    assert len(sent) == 2, "two inputs, though three tasks needed them"
    assert {one.status for one in run(FLOW, store=tmp_path / "store").stages} == {"cached"}


def test_files_outside_of_the_store_are_sent_and_what_refers_to_them_is_made_here(tmp_path, apart):
    place = tmp_path / "text.txt"
    place.write_text("one two three")
    one = planner(tmp_path / "store", WITH_FILES, place=str(place))
    found = carry_out(one, (), Reporter(), Placement("thread", 2), backend=apart)
    assert found["length"] == 13
    assert found["texts"].files[0].path == place


def test_a_mistake_of_a_stage_is_what_it_is(tmp_path, apart):
    with pytest.raises(ConfigError, match="factor: expected at least 0, found -1"):
        carry_out(
            planner(tmp_path / "store", factor=-1.0), (), Reporter(), Placement(), backend=apart
        )


@pytest.mark.parametrize("harm", ["bit", "cut", "manifest", "other", "name"])
def test_an_answer_that_was_changed_on_its_way_is_refused(tmp_path, apart, monkeypatch, harm):
    ask = apart.ask

    def changed(order):
        answer = ask(order)
        if not isinstance(answer, Made) or "total.json" not in answer.files:
            return answer
        files = dict(answer.files)
        if harm == "bit":
            files["total.json"] = files["total.json"].replace(b"1000", b"1001")
        elif harm == "cut":
            files["total.json"] = files["total.json"][:-1]
        elif harm == "manifest":
            files["manifest.json"] = files["manifest.json"].replace(b"seconds", b"secondz", 1)
        elif harm == "other":
            fields = json.loads(files["manifest.json"])["fingerprint"].encode()
            files["manifest.json"] = files["manifest.json"].replace(fields, fields[::-1])
        else:
            files["../../outside"] = b""
        return Made(files)

    monkeypatch.setattr(apart, "ask", changed)
    with pytest.raises(CorruptArtifact):
        carry_out(planner(tmp_path / "store"), (), Reporter(), Placement(), backend=apart)
    assert not list((tmp_path / "store" / "add").glob("[!.]*/manifest.json"))
    assert not (tmp_path / "store" / "outside").exists()


def test_other_code_on_a_worker_is_reported(tmp_path, apart, monkeypatch):
    real = CodeIndex.reached

    def other(self, *given, **named):
        found = real(self, *given, **named)
        if threading.current_thread().name.startswith("pipeline_"):
            object.__setattr__(found, "graph", "0" * 64)
        return found

    one = planner(tmp_path / "store")
    monkeypatch.setattr(CodeIndex, "reached", other)
    with pytest.raises(Exception, match="found other code on one; install the same version"):
        carry_out(one, (), Reporter(), Placement(), backend=apart)


def test_a_worker_that_keeps_nothing_is_reported(tmp_path, apart, monkeypatch):
    carry_out(planner(tmp_path / "store"), ["draw"], Reporter(), Placement(), backend=apart)
    monkeypatch.setattr(apart, "deliver", lambda order, missing, store: order)
    monkeypatch.setattr("pipeline.backends.scratch.PATIENCE", 0)
    with pytest.raises(ExecutorError, match="expected workers to keep what they are sent"):
        carry_out(planner(tmp_path / "store"), (), Reporter(), Placement(), backend=apart)


@contextmanager
def dask(tmp_path):
    """A Dask cluster in this process: a scheduler and two workers, over TCP."""
    distributed = pytest.importorskip("distributed")
    given = {"dashboard_address": ":0", "protocol": "tcp://", "silence_logs": 50}
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, local_directory=tmp_path, **given
    ) as cluster:
        with distributed.Client(cluster, set_as_default=False) as client:
            yield client.get_executor(pure=False)


class Listener(Reporter):
    """Keeps what is reported."""

    def __init__(self):
        super().__init__()
        self.epochs, self.arrived = [], threading.Event()

    def metrics(self, stage, figures, line=""):
        self.epochs.append(figures["epoch"])
        if figures["epoch"] == 4:
            self.arrived.set()


def test_the_same_results_from_every_executor(tmp_path):
    """The smoke test of Dask: trials by serial, thread, process and a cluster."""
    totals = {}
    with dask(tmp_path) as executor:
        for name in ("serial", "thread", "process", "dask"):
            root = tmp_path / name
            listeners = {factor: Listener() for factor in (*FACTORS, -1.0)}
            tasks = {factor: planner(root, factor=factor) for factor in listeners}
            placement = Placement(executor if name == "dask" else name, 2)
            totals[name] = {}
            with closing(completed(tasks, ["add"], placement, listeners.__getitem__)) as ended:
                for factor, outcome, error in ended:
                    totals[name][factor] = str(error) if error else outcome["total"]
            for factor in FACTORS:
                assert listeners[factor].arrived.wait(10), (name, factor)
                assert listeners[factor].epochs == [1, 2, 3, 4]
            assert len(list((root / "draw").glob("*/manifest.json"))) == 1
    assert totals["serial"][-1.0] == "factor: expected at least 0, found -1"
    assert all(found == totals["serial"] for found in totals.values())
