"""What befalls a cluster, as its user sees it: no workers, other versions, a lost client."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from ast import literal_eval
from contextlib import closing, contextmanager
from types import SimpleNamespace

import pytest

from pipeline.backends import cluster, lookout, versions
from pipeline.backends.worker import stop_of
from pipeline.code import CodeIndex
from pipeline.errors import ExecutorError
from pipeline.events.reporter import Reporter
from pipeline.executors.dask_cluster import connect
from pipeline.executors.placement import Placement
from pipeline.planner import Planner
from pipeline.search.trials import completed
from pipeline.store.store import Store
from tests.pipeline.backends.flow import FLOW

pytestmark = pytest.mark.whole

distributed = pytest.importorskip("distributed")
dumps = distributed.protocol.pickle.dumps


@contextmanager
def started(tmp_path, workers):
    """A cluster in this process, over TCP, and where to find it."""
    named = {"dashboard_address": ":0", "protocol": "tcp://", "silence_logs": 50}
    with distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=False,
        local_directory=tmp_path,
        **named,
    ) as made:
        yield made, Placement("dask", cluster=made.scheduler_address)


def trials(root, placement, reporter=None, **given):
    """Three trials of the flow, in a store of their own: their results, errors among them."""
    values = {name: parameter.default for name, parameter in FLOW.parameters.items()} | given
    code = CodeIndex(root / ".code.json")
    tasks = {f: Planner(FLOW, values | {"factor": f}, Store(root), code) for f in (1.0, 2.0, 3.0)}
    given = tasks, ["add"], placement, lambda factor: reporter or Reporter()
    with closing(completed(*given)) as ended:
        return {f: error or outcome["total"] for f, outcome, error in ended}


class Listener(Reporter):
    """Keeps the warnings."""

    def __init__(self):
        super().__init__()
        self.warnings, self.warned = [], threading.Event()

    def warn(self, message):
        self.warnings.append(message)
        self.warned.set()


def test_that_nobody_is_there_to_work_is_reported_once(tmp_path, monkeypatch):
    monkeypatch.setattr(lookout, "INTERVAL", 0.02)
    listener = Listener()
    with started(tmp_path, 0) as (made, placement):
        joining = threading.Thread(target=lambda: [listener.warned.wait(100), made.scale(1)])
        joining.start()
        found = trials(tmp_path / "store", placement, listener)
        joining.join()
    assert [total["rows"] for total in found.values()] == [1000] * 3
    assert listener.warnings == [
        f"cluster {placement.cluster}: expected workers, found none; work begins as soon as one "
        f"joins: dask worker {placement.cluster} --nthreads 1"
    ]


def test_work_ends_where_nobody_can_start_workers_again(tmp_path, monkeypatch):
    monkeypatch.setattr(lookout, "INTERVAL", 0.02)
    monkeypatch.setattr(lookout, "PATIENCE", 0.1)
    with started(tmp_path, 0) as (made, _):
        monkeypatch.setattr(cluster, "connect", lambda placement: (distributed.Client(made), made))
        found = trials(tmp_path / "store", Placement("dask", jobs=2))
    assert {type(error) for error in found.values()} == {ExecutorError}
    assert "expected its workers to start again after they died" in str(found[1.0])


@pytest.mark.everyday
def test_what_workers_have_made_is_found_by_a_client_that_is_back(tmp_path):
    (tmp_path / "traces").mkdir()
    with started(tmp_path, 3) as (_, placement):
        given = {"traces": str(tmp_path / "traces")}
        first = trials(tmp_path / "lost", placement, **given)
        assert trials(tmp_path / "anew", placement, **given) == first
    assert len(list((tmp_path / "traces").iterdir())) == 3


def test_workers_that_lack_the_code_or_have_another_version_are_named(tmp_path, monkeypatch):
    answers = [({"tcp://1": "flow"}, []), ({}, ["tcp://2"])]
    monkeypatch.setattr(cluster, "ask_workers", lambda *given: answers.pop(0))
    listener = Listener()
    with started(tmp_path, 1) as (_, placement):
        found = trials(tmp_path / "a", placement)[1.0]
        assert isinstance(found, ExecutorError)
        where = f"cluster {placement.cluster}: expected"
        assert str(found) == (
            f"{where} flow on every worker, found none on tcp://1; install it there, and start the "
            "workers anew"
        )
        assert trials(tmp_path / "b", placement, listener)[1.0]["rows"] == 1000
    assert listener.warnings == [
        f"{where} workers with this version of the package, found another one on tcp://2"
    ]


def test_what_workers_are_asked_needs_nothing_of_this_package(tmp_path):
    question = versions._question("pipeline", ("pipeline", "json"))
    (tmp_path / "question").write_bytes(dumps(question))
    paths = [path for path in sys.path if "site-packages" in path or "lib/python" in path]

    def answer():  # where Python finds what is installed, but nothing of a working copy
        ask = "import pickle; print(pickle.load(open('question', 'rb'))())"
        words = [sys.executable, "-IS", "-c", f"import sys; sys.path[:] = {paths!r}; {ask}"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
        return literal_eval(done.stdout)

    assert answer() == (["pipeline"], "")
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "__init__.py").write_text("x = 1\n")
    paths.append(str(tmp_path))
    missing, digest = answer()
    assert missing == []
    assert digest != question()[1]
    assert pickle.loads(dumps(question))() == question()


def test_a_worker_with_another_python_is_named_before_it_gets_code():
    class Client:
        scheduler = SimpleNamespace(address="tcp://1")

        def get_versions(self):
            here, other = ({"host": {"python": f"3.{n}.1.final.0"}} for n in (11, 12))
            return {"client": here, "workers": {"tcp://2": here, "tcp://3": other}}

    with pytest.raises(ExecutorError, match=r"Python 3.11 .* found 3.12 on tcp://3; start that"):
        versions.ask_workers(Client(), "json")


def test_what_cannot_be_cancelled_any_more_says_nothing(tmp_path, caplog):
    with started(tmp_path, 0) as (_, placement):
        client, _ = connect(placement)
        future = client.get_executor(pure=False).submit(len, "")
        client.close()
        future.cancel()
    assert future.cancelled()
    assert not caplog.records


def test_a_run_that_fails_ends_its_stages_on_the_workers(tmp_path, caplog):
    with started(tmp_path, 1) as (_, placement):
        backend = cluster.Cluster(placement, away=True)
        backend.close(failed=True)
        assert stop_of(backend.run).wait(30), "the workers are threads here, and share it"
    assert "Combination not supported" not in caplog.text


def test_workers_are_asked(tmp_path):
    with started(tmp_path, 1) as (made, _):
        with distributed.Client(made, set_as_default=False) as client:
            (worker,) = client.nthreads()
            assert versions.ask_workers(client, "tests.pipeline") == ({}, [])
            assert versions.ask_workers(client, "no.such.module") == (
                {worker: "no.such.module"},
                [],
            )


def test_a_worker_that_dies_as_its_result_comes_is_no_error(tmp_path, monkeypatch):
    answered, lost = cluster.Cluster._answered, []

    def losing(self, *given, **where):
        answer = answered(self, *given, **where)
        if len(lost) < 2:
            lost.append(answer)
            _cascade_future(answer)  # as `distributed.cfexecutor` ends it
        return answer

    def _cascade_future(result):
        _kind, _error, _trace = result

    monkeypatch.setattr(cluster.Cluster, "_answered", losing)
    with started(tmp_path, 1) as (_, placement):
        found = trials(tmp_path / "store", placement)
    assert ([total["rows"] for total in found.values()], len(lost)) == ([1000] * 3, 2)
