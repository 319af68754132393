"""Ctrl-C while helpers are started: none is left half started, in nobody's list."""

from __future__ import annotations

import os
import signal
import sys
import time
from concurrent.futures import Executor

import pytest

from stages.neuralnet.parallel import main_module
from stages.neuralnet.parallel.executors import process_pool
from stages.neuralnet.parallel.pool import Pool


@pytest.mark.parametrize("moment", ["as the executor is made", "as a process is started"])
def test_what_ctrl_c_meets_is_brought_to_its_end(monkeypatch, moment):
    made: list[Executor] = []
    started = []

    def interrupted(call):
        def slowly(*arguments, **named):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)
            return call(*arguments, **named)

        return slowly

    def make(count):
        executor = process_pool(count)
        start = executor._spawn_process
        started_by = interrupted(start) if moment == "as a process is started" else start
        monkeypatch.setattr(executor, "_spawn_process", lambda: started.append(started_by()))
        made.append(executor)
        return executor

    pool = Pool(interrupted(make) if moment == "as the executor is made" else make, 1)
    main = dict(vars(sys.modules["__main__"]))
    with pytest.raises(KeyboardInterrupt):
        pool.start()
    pool.close()
    assert len(made) == 1
    assert len(started) == (moment == "as a process is started")
    assert made[0]._processes is None, "it was shut down"
    with pytest.raises(RuntimeError):
        made[0].submit(int)
    assert vars(sys.modules["__main__"]) == main, main_module.__doc__
