"""Several pipelines, runs and cleanings on one store and in one process; a notebook."""

from __future__ import annotations

import threading
from typing import Any

from pipeline import Pipeline, run, stage
from pipeline.store.locks import store_lock
from tests.pipeline import shop


def test_two_pipelines_share_a_store_and_a_process(tmp_path):
    def both(results: dict[str, Any]) -> list[threading.Thread]:
        def go(name: str, flow: Pipeline, **given: Any) -> None:
            results[name] = run(flow, store=tmp_path, **given)

        short = Pipeline(shop.collect, shop.choose)
        return [
            threading.Thread(target=go, args=("shop", shop.SHOP)),
            threading.Thread(target=go, args=("short", short)),
            threading.Thread(target=go, args=("other", shop.SHOP), kwargs={"days": 2}),
        ]

    shop.RAN.clear()
    results: dict[str, Any] = {}
    threads = both(results)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(shop.RAN) == sorted(["collect", "choose", "add"] * 2)
    assert results["shop"]["sales"].shape == results["short"]["sales"].shape == (21,)
    assert results["other"]["sales"].shape == (6,)


def test_who_clears_out_the_store_waits_for_a_run_and_a_run_for_them(tmp_path):
    entered, leave, order = threading.Event(), threading.Event(), []

    @stage(outputs=("done",))
    def wait() -> bool:
        """Wait."""
        entered.set()
        assert leave.wait(20)
        return True

    def go() -> None:
        run(Pipeline(wait), store=tmp_path, on_event=lambda event: order.append(event.kind))

    thread = threading.Thread(target=go)
    thread.start()
    assert entered.wait(20)
    events: list[str] = []
    with store_lock(tmp_path, exclusive=True, waiting=leave.set):
        order.append("gc")
        second = threading.Thread(
            target=run,
            args=(Pipeline(wait),),
            kwargs={"store": tmp_path, "on_event": events.append},
        )
        second.start()
        while not events:
            assert second.is_alive()
    second.join()
    thread.join()
    assert order == ["stage_started", "stage_finished", "gc"]
    assert events[0].message == "waiting for gc, which is clearing out the store"


CELL = """
from typing import Annotated
import numpy as np
from pipeline import Option, Pipeline, stage

FACTOR = 3

def scaled(x):
    return x * FACTOR

@stage(outputs=("numbers",))
def make(*, n: Annotated[int, Option("how many", minimum=1)] = 4):
    return scaled(np.arange(n))

FLOW = Pipeline(make)
"""


def test_a_stage_defined_in_a_notebook(tmp_path):
    """Its functions have no file: what they consist of is followed all the same."""

    def evaluated(source: str) -> Pipeline:
        scope: dict[str, Any] = {"__name__": "__main__"}
        exec(source, scope)
        return scope["FLOW"]

    def status(source: str) -> str:
        return run(evaluated(source), store=tmp_path, n=3).stages[0].status

    assert run(evaluated(CELL), store=tmp_path, n=3)["numbers"].tolist() == [0, 3, 6]
    assert status(CELL) == "cached"
    assert status(CELL.replace("x * FACTOR", "x + FACTOR")) == "ran"
    assert status(CELL.replace("FACTOR = 3", "FACTOR = 4")) == "ran"
    assert status(CELL) == "cached"
