"""A scheduler that is not there, or is something else: one line, within a bounded time."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import pytest

from pipeline import Pipeline, make_cli, run
from pipeline.cli.main import run_cli
from pipeline.cli.program import Program
from pipeline.errors import ConfigError, ExecutorError
from pipeline.executors import dask_cluster
from pipeline.executors.scheduler import expect_scheduler
from tests.pipeline.backends.conftest import dask, texts
from tests.pipeline.backends.flow import FLOW, draw
from tests.pipeline.words import WORDS

__all__ = ["texts"]  # a fixture
pytest.importorskip("distributed")


@contextmanager
def server(greeting=b""):
    """Somebody who takes connections and says no more than a greeting: its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = []

        def take():
            while True:
                try:
                    taken.append(listening.accept()[0])
                except OSError:
                    return
                taken[-1].sendall(greeting)

        threading.Thread(target=take, daemon=True).start()
        yield f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        for one in taken:
            one.close()


def test_nobody_is_there():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(ExecutorError, match="nobody who takes connections there, for 0 s"):
        expect_scheduler(f"tcp://127.0.0.1:{port}", {}, 0.3)
    with pytest.raises(ExecutorError, match=r"no host of this name|none that answers within"):
        expect_scheduler("tcp://no-such-host.invalid:8786", {}, 1.0)
    for address in ("tcp://head", "tcp://[::1]", "tls://head:99999", "tcp://head:0"):
        with pytest.raises(ConfigError, match="expected an address with a port"):
            expect_scheduler(address, {})


def test_somebody_else_is_there(tmp_path):
    with server() as address:
        with pytest.raises(ExecutorError, match="none that answers within"):
            expect_scheduler(address, {}, 0.3)
    with server(b"SSH-2.0-OpenSSH_9.2p1\r\n") as address:
        with pytest.raises(ExecutorError, match="does not answer as one does"):
            expect_scheduler(address, {}, 5)
    with dask(tmp_path) as executor:
        client = executor._client
        expect_scheduler(client.scheduler.address, {}, 20)
        with pytest.raises(ExecutorError, match="found a worker;"):
            expect_scheduler(next(iter(client.nthreads())), {}, 20)


def test_it_is_looked_for_before_anything_runs_and_only_where_it_is_needed(
    texts, monkeypatch, capsys
):
    asked = []

    def nobody(address, given):
        asked.append(address)
        raise ExecutorError(f"--cluster {address}: nobody")

    monkeypatch.setattr(dask_cluster, "expect_scheduler", nobody)
    program = make_cli(Program(WORDS, name="words", help="Words.", version="1.0"))
    flags = ["run", "--artifacts-dir", "store", "--cluster", "tcp://dead:1"]
    assert run_cli(program, flags) == 2
    assert capsys.readouterr().err.splitlines() == ["error: --cluster tcp://dead:1: nobody"]
    assert not list(texts.parent.rglob("manifest.json"))
    run(FLOW, store="chain", cluster="tcp://dead:1")  # one after the other: made here
    run(Pipeline(draw), store="chain", cluster="tcp://dead:1")
    run(WORDS, store="store")
    assert run_cli(program, flags) == 0  # all is stored
    (texts / "ant.txt").write_text("one item is made here")
    assert run_cli(program, [*flags, "--jobs", "1"]) == 2  # but not what is mapped over its result
    assert asked == ["tcp://dead:1"] * 2
