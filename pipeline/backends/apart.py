"""Apart: tasks go to workers with no folder in common, and their results come back to the store.

Under the lock of its key a task is sent; a worker that lacks an input says so, gets it, and is
asked again. What comes back is verified by its digests and committed here. What a worker cannot
make for us, because it refers to files of its own, is made in this process.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.backends.backend import Backend, trouble_of
from pipeline.backends.backend import Made as IsMade
from pipeline.backends.orders import make_order, parcels_of
from pipeline.backends.parcels import Failed, Made, Missing, Order, pieces
from pipeline.backends.sources import identity
from pipeline.backends.worker import Answer, perform
from pipeline.errors import ExecutorError
from pipeline.events.reporter import Reporter
from pipeline.execution import Task, execute
from pipeline.group_execution import Done, Group, execute_group
from pipeline.planner import Planner
from pipeline.store.adoption import adopt, adopt_group, inside
from pipeline.store.files import Files
from pipeline.store.store import Key, Store

PIECE = 32 << 20  # bytes
ASKED = 100  # times that an order goes out at most: once for each worker that lacks something


class Apart(Backend):
    """On an executor of `concurrent.futures` whose workers may be anywhere."""

    def __init__(self, executor: Executor, own: bool, away: bool, most: int) -> None:
        super().__init__(executor, own, away)
        self.run = secrets.token_hex(8)
        self._most = most
        self._asked: set[Future[Answer]] = set()
        self._unfit: set[str] = set()  # stages whose results are of no use elsewhere
        self._waiting = ThreadPoolExecutor(most, "pipeline")  # a thread waits for each task

    def submit(
        self, task: Task, planner: Planner, reporter: Reporter, made: IsMade
    ) -> Future[bool]:
        return self._waiting.submit(self._carry_out, task, planner, reporter, made)

    def submit_group(self, group: Group, planner: Planner, reporter: Reporter) -> Future[Done]:
        return self._waiting.submit(self._carry_out_group, group, planner, reporter)

    def _carry_out(self, task: Task, planner: Planner, reporter: Reporter, made: IsMade) -> bool:
        store, key = planner.store, task.key
        with store.lock(key, partial(reporter.waiting, task.stage.name)):
            if made():
                return False
            answer, _ = self._send(task, planner, reporter)
            if isinstance(answer, Made):
                adopt(store, key, partial(_unpack, answer), task.fields)
                store.states.drop(key)
                return True
        return execute(task, store, reporter, made, self.stop, planner.observations)

    def _carry_out_group(self, group: Group, planner: Planner, reporter: Reporter) -> Done:
        """Items need no lock of their own: that of their stage is held."""
        store, stage, began = planner.store, group.task.stage, time.monotonic()
        answer, waited = self._send(group, planner, reporter)
        if not isinstance(answer, Made) or (done := answer.done) is None:
            return execute_group(group, store, reporter, self.stop, planner.observations)
        if done.name:
            place = inside(store.groups.place(stage.name, group.common), done.name)
            digests = {item.fingerprint: item.digests for item in group.items}
            fill = partial(_unpack, answer)
            adopt_group(place, fill, group.fields, digests, stage.outputs)
        for item in group.items[: done.count] if stage.takes_context else ():
            store.states.drop(Key(stage.name, item.fingerprint))
        done.beside += time.monotonic() - began - waited
        return done

    def _send(
        self, work: Task | Group, planner: Planner, reporter: Reporter
    ) -> tuple[Answer | None, float]:
        """What a worker has made, and the seconds that it was waited for; none where that is of no
        use here, or it cannot travel."""
        store, seen = planner.store, planner.observations
        task = work.task if isinstance(work, Group) else work
        stage, graph = task.stage, task.fields["graph"]
        if stage.gives or stage.name in self._unfit:
            return None, 0.0
        if error := trouble_of(stage):
            raise error
        seen.check_code(stage, task.code, graph, before=True)
        channel = self.channel(reporter)
        order = make_order(work, store, identity(store), self.run, channel)
        began = time.monotonic()
        answer = self._answer(order, planner) if order else None
        if order:
            self.arrived(channel)
        waited = time.monotonic() - began
        if isinstance(answer, Failed):
            raise answer.error
        if isinstance(answer, Made):
            seen.check_code(stage, task.code, graph)
            return answer, waited
        self._unfit.add(stage.name)
        return None, waited

    def _answer(self, order: Order, planner: Planner) -> Answer:
        for _ in range(ASKED):
            answer = self.ask(order)
            if not isinstance(answer, Missing):
                return answer
            files = {"files": Files(tuple(order.files))}
            planner.observations.check_files(order.task.stage, files)
            order = self.deliver(order, answer, planner.store)
        raise ExecutorError(
            f"stage {order.task.stage.name}: expected workers to keep what they are sent, found "
            f"none that did after {ASKED} times; see to the disks of the workers"
        )

    def channel(self, reporter: Reporter) -> int:
        """The channel by which events of a task arrive; -1: they do not."""
        return -1

    def arrived(self, channel: int) -> None:
        """Wait until the events of a task that has ended have arrived."""

    def ask(self, order: Order) -> Answer:
        """Send an order, and wait for the answer."""
        return self._answered(perform, order)

    def _answered(self, function: Callable[..., Answer], *given: Any, **where: Any) -> Answer:
        future = self.executor.submit(function, *given, **where)
        self._asked.add(future)
        try:
            if self.stop.is_set():
                future.cancel()
            return future.result()
        finally:
            self._asked.discard(future)

    def deliver(self, order: Order, missing: Missing, store: Store) -> Order:
        """Bring what a worker lacks on its way, and give back the order that is to be sent then."""
        known = parcels_of(order, store)
        enclosed = {c: tuple(pieces(known[c], PIECE)) for c in missing.contents}
        return replace(order, enclosed={**order.enclosed, **enclosed})

    def _end(self, failed: bool) -> None:
        for future in list(self._asked) if failed else ():
            future.cancel()
        self._end_executor(failed)
        self._waiting.shutdown(cancel_futures=True)

    def _end_executor(self, failed: bool) -> None:
        super()._end(failed)


def _unpack(made: Made, folder: Path) -> None:
    for name, data in made.files.items():
        inside(folder, name).write_bytes(data)
