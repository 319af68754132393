"""Dask worker: what runs in a worker of Dask's that gets orders from a cluster's client."""

from __future__ import annotations

import pickle
from typing import Any

from pipeline.backends.parcels import Failed, Missing, Order, Piece
from pipeline.backends.worker import Answer, carry_out, receive, root_of, stop_of
from pipeline.errors import ExecutorError
from pipeline.events.event import EventReporter
from pipeline.events.relay import END

INTERVAL = 2.0  # seconds between two reports of a task's progress, all of which pass the scheduler


def perform(packed: bytes, run: str, channel: int) -> Answer:
    """Carry out an order, as a task. It travels packed, since Dask's scheduler looks into what it
    passes on: it has no need of the modules of the stages."""
    from distributed import get_worker
    from distributed.utils import sync

    worker = get_worker()
    # Nothing begins whose result has nowhere to go: a worker notices late that its scheduler is
    # lost, and may have a next task already.
    sync(worker.loop, worker.scheduler.who_has, keys=[])

    def send(kind: str, fields: dict[str, Any]) -> None:
        worker.log_event(run, (channel, kind, fields))

    reporter = EventReporter(lambda event: send(event.kind, dict(event.fields)), INTERVAL)
    try:
        answer = _carry_out(packed, root_of(worker), reporter, worker.address)
    except BaseException:
        send(END, {})
        raise
    if not isinstance(answer, Missing):
        send(END, {})
    return answer


def _carry_out(packed: bytes, root: str, reporter: EventReporter, address: str) -> Answer:
    try:
        order: Order = pickle.loads(packed)
    except (ImportError, AttributeError) as error:
        return Failed(
            ExecutorError(
                f"worker {address}: expected to find the stages that it is sent, found: {error}; "
                "they have to be in a module that it can import, not in the program itself, and "
                "the same there as here"
            )
        )
    return carry_out(order, root, reporter, address)


def take_in(run: str, shipment: list[tuple[str, Piece]], dask_worker: Any) -> bool:
    """Take in pieces of inputs."""
    receive(root_of(dask_worker), run, shipment)
    return True


async def end_run(run: str) -> None:
    """End the stages of a run at their next report. A coroutine: Dask's workers refuse to be asked
    for anything else without an answer."""
    stop_of(run).set()
