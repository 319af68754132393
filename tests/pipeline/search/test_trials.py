"""Trials side by side: where not all of their threads start, none is waited for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.crash.processes import ROOT

PROGRAM = """
import sys, threading
from typing import Annotated
from pipeline import Option, Pipeline, stage
from pipeline.code import CodeIndex
from pipeline.events.reporter import Reporter
from pipeline.executors.placement import Placement
from pipeline.planner import Planner
from pipeline.search.trials import completed
from pipeline.store.store import Store

@stage(outputs=("number",))
def count(*, upto: Annotated[int, Option("how far")] = 1) -> dict[str, int]:
    return {"sum": upto}

if __name__ == "__main__":
    error, began, start = eval(sys.argv[1]), [], threading.Thread.start

    def limited(thread):
        if thread.name.startswith("trial"):
            began.append(thread)
            if len(began) == 2:
                raise error
        start(thread)

    threading.Thread.start = limited
    pipeline, store, code = Pipeline(count), Store("artifacts"), CodeIndex()
    tasks = {n: Planner(pipeline, {"upto": n}, store, code) for n in range(3)}
    try:
        print(len([*completed(tasks, ["count"], Placement("thread", 3), lambda key: Reporter())]))
    except BaseException as found:
        print(type(found).__name__)
"""


@pytest.mark.parametrize("error", ["RuntimeError", "KeyboardInterrupt"])
def test_a_thread_that_cannot_start_ends_those_that_wait_for_it(tmp_path, error):
    (tmp_path / "program.py").write_text(PROGRAM)
    ended = subprocess.run(
        [sys.executable, "program.py", f'{error}("can\'t start new thread")'],
        **{"cwd": tmp_path, "env": {"PYTHONPATH": str(ROOT)}, "timeout": 60},
        **{"capture_output": True, "text": True},
    )
    assert (ended.stdout, ended.stderr) == (f"{error}\n", "")
