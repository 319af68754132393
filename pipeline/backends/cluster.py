"""Cluster: the backend on Dask.

Beside what `Apart` does, events arrive while a task runs, inputs go to the worker that lacks them
and not with each task, and the end of a run ends its tasks on the workers.
"""

from __future__ import annotations

import pickle
import threading
from collections import defaultdict
from concurrent.futures import CancelledError, Executor
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pipeline.backends.apart import PIECE, Apart
from pipeline.backends.dask_worker import end_run, perform, take_in
from pipeline.backends.kept import Kept
from pipeline.backends.lookout import Lookout
from pipeline.backends.orders import parcels_of
from pipeline.backends.parcels import Missing, Order, shipments
from pipeline.backends.versions import ask_workers
from pipeline.backends.worker import Answer
from pipeline.errors import ExecutorError, WorkersDied
from pipeline.events.relay import END, Channels
from pipeline.events.reporter import Reporter
from pipeline.executors.dask_cluster import connect
from pipeline.executors.placement import Placement
from pipeline.store.store import Store

LEAST, MOST = 32, 2048  # runs under way: who joins late finds work; a thread waits for each


class Cluster(Apart):
    """Tasks on the workers of a Dask scheduler; `executor` is one of the caller's client."""

    def __init__(self, placement: Placement, away: bool, executor: Executor | None = None) -> None:
        self.address = placement.cluster or "started here"
        self._cluster: Any = None
        if executor is None:
            self._client, self._cluster = connect(placement)
            executor, own = self._client.get_executor(pure=False), True
        else:
            self._client, own = vars(executor)["_client"], False  # Dask gives no other way to it
        try:
            threads = sum(self._client.nthreads().values())
            self._kept = Kept(self._client)
        except (OSError, TimeoutError) as error:
            raise self._lost(error) from error
        self._most = placement.jobs or min(max(LEAST, 2 * threads), MOST)
        super().__init__(executor, own, away, self._most)
        self._channels = Channels()
        self._client.subscribe_topic(self.run, self._event)
        self._sending: dict[str, threading.Lock] = defaultdict(threading.Lock)  # by worker
        self._sent: set[tuple[str, str]] = set()
        self._meeting, self._met = threading.Lock(), dict[str, dict[str, str]]()
        self._reporter = Reporter()
        waits, warn = lambda: bool(self._asked), lambda text: self._reporter.warn(text)
        self._without_workers = False
        give_up = self._give_up if self._cluster is not None else None
        self._lookout = Lookout(self._client, self.address, threads, waits, warn, give_up)

    def at_once(self, placement: Placement) -> int:
        return self._most

    def groups_at_once(self, placement: Placement) -> int:
        """Two for each thread that there is now: so none waits for the next one, and who joins
        finds some."""
        return placement.jobs or min(2 * self._lookout.threads + 2, self._most)

    def channel(self, reporter: Reporter) -> int:
        self._reporter = reporter
        return self._channels.open(reporter)

    def arrived(self, channel: int) -> None:
        self._channels.settle(channel)

    def ask(self, order: Order) -> Answer:
        self._expect_code(order.task.stage.function.__module__)
        worker: str | None = order.worker
        made = None
        if order.group is None:
            holder, made = self._kept.take(order.task.key)
            worker = worker or holder
        if made is not None:
            self._channels(order.channel, END, {})  # no events will come
            return made
        where: dict[str, Any] = {"workers": [worker], "allow_other_workers": True} if worker else {}
        try:
            packed = pickle.dumps(order)
            return self._answered(perform, packed, order.run, order.channel, **where)
        except Exception as error:
            if _was_lost(error):
                return self.ask(order)
            if type(error).__name__ == "KilledWorker":  # which only Dask, where it is, can name
                raise WorkersDied(
                    f"cluster {self.address}: expected a worker to make a result, found that each "
                    "that tried died, for want of memory perhaps, or of this package; see to it, "
                    "and run the same command again"
                ) from None
            raise

    def _expect_code(self, module: str) -> None:
        """Ask the workers, once, whether they have the module of a stage."""
        with self._meeting:
            if module not in self._met:
                lacking, others = ask_workers(self._client, module)
                self._met[module] = lacking
                for worker in others[:1] if len(self._met) == 1 else ():
                    self._reporter.warn(
                        f"cluster {self.address}: expected workers with this version of the "
                        f"package, found another one on {worker}"
                    )
        for worker, name in self._met[module].items():
            raise ExecutorError(
                f"cluster {self.address}: expected {name} on every worker, found none on {worker}; "
                "install it there, and start the workers anew"
            )

    def deliver(self, order: Order, missing: Missing, store: Store) -> Order:
        """Send what a worker lacks to it, once, and not with the order."""
        worker, known = missing.worker, parcels_of(order, store)
        with self._sending[worker]:
            due = [one for one in missing.contents if (worker, one) not in self._sent]
            self._sent.difference_update((worker, one) for one in missing.contents)  # if dropped
            for shipment in shipments(((one, known[one]) for one in due), PIECE):
                given = self.run, shipment
                if not self._client.run(take_in, *given, workers=[worker], on_error="ignore"):
                    return order  # the worker has gone, or has no space: it will say so
            self._sent.update((worker, one) for one in due)
        # What items are is of use to their group alone.
        return replace(order, worker=worker) if order.group else order

    def error(self, error: BaseException | None) -> BaseException | None:
        """What befell the cluster, in a line; an error of the stage is what it is."""
        if error is None or self._closed:
            return error
        if self._without_workers:
            return ExecutorError(
                "cluster started here: expected its workers to start again after they died, found "
                "none, for want of memory perhaps; run the same command again with fewer --jobs"
            )
        if isinstance(error, RuntimeError) and "deserialization of the task graph" in str(error):
            return ExecutorError(
                f"cluster {self.address}: expected this package where its scheduler runs, too, "
                "found none, or another version; install it there, and start it anew"
            )
        module = type(error).__module__.partition(".")[0]
        if isinstance(error, CancelledError | OSError | TimeoutError) or module == "distributed":
            return self._lost(error)
        return error

    def _give_up(self) -> None:
        """End what waits for workers that have died and do not start again."""
        self._without_workers = True
        for future in list(self._asked):
            future.cancel()

    def _lost(self, error: BaseException) -> ExecutorError:
        return ExecutorError(
            f"cluster {self.address}: expected its scheduler to go on, found it out of reach "
            f"({type(error).__name__}); start it, and run the same command again: what was made is "
            "stored"
        )

    def _event(self, event: tuple[float, Any]) -> None:
        self._channels(*event[1])

    def _end(self, failed: bool) -> None:
        self._lookout.close()
        if failed:
            with suppress(Exception):  # a scheduler that is gone ends nothing
                if self._client.status == "running":
                    self._client.run(end_run, self.run, wait=False)
        super()._end(failed)
        self._channels.close()

    def _end_executor(self, failed: bool) -> None:
        with suppress(Exception):
            self._client.unsubscribe_topic(self.run)
        if self._own:
            with suppress(Exception):
                self.executor.shutdown(wait=False)
            with suppress(Exception):
                self._client.close(timeout=5)
            if self._cluster is not None:
                with suppress(Exception):
                    self._cluster.close(timeout=10)


def _was_lost(error: BaseException) -> bool:
    """Whether a worker died as its result came: Dask's executor takes the result for an error then,
    and fails itself."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = trace.tb_frame.f_code.co_name if trace is not None else ""
    return isinstance(error, TypeError) and place == "_cascade_future"
