"""Mapped run: a mapped stage is run: its items go out in groups, then one result refers to all.

Under the lock of the stage's result, as any stage. How many items a group gets follows from how
long those before took: about a second's work, or ten times what came beside it, where that is more
(a slow disk, a far cluster, a machine that others use). Groups that are done are stored for
good: a run that is killed, or fails, goes on from there. As long as it has not come to its end, a
state under its key says so (`gc` keeps its groups).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait

from pipeline.errors import Interrupted, UserError, WorkersDied
from pipeline.events.reporter import Reporter
from pipeline.execution import Task
from pipeline.group_execution import SECONDS, Done, Group
from pipeline.item_plan import missing_of
from pipeline.item_results import write_references
from pipeline.mapping import Item, Mapped, known_results
from pipeline.observation import Observations
from pipeline.store.group_records import read_group
from pipeline.store.store import Store

FIRST = 16  # items in a group, as long as nobody knows how long they take
SHARE = 0.1  # of a group's time that may go into what comes beside its work
LONGEST = 10 * SECONDS  # of work in a group, whatever comes beside it
SHORTEST = 0.1  # seconds of work in a group: to share less out costs more than it gains
POLL = 0.1  # seconds
SHOWN = 5  # labels of items that failed

Submit = Callable[[Group], "Future[Done]"]


def run_mapped(
    task: Task,
    mapped: Mapped,
    store: Store,
    reporter: Reporter,
    made: Callable[[], bool],
    observations: Observations,
    submit: Submit,
    at_once: Callable[[], int],
    keep_going: bool = False,
    stop: threading.Event | None = None,
    explain: Callable[[BaseException], BaseException | None] = lambda error: error,
) -> bool:
    """Make the result of a mapped stage; false where it was there once its lock was taken.

    `submit` starts a group, `at_once()` says how many may be under way. An error of an item ends
    the stage, at once or, with `keep_going`, when the others are done; it names its item. `explain`
    says what an error of the executor's means.
    """
    stage, key, started = task.stage, task.key, time.perf_counter()
    with store.lock(key, lambda holder: reporter.waiting(stage.name, holder)):
        if made():
            return False
        store.bring_items(stage.name, mapped.common, mapped.fields)
        known = known_results(stage, mapped, store, observations.changes)
        missing = missing_of(mapped, known)
        if missing and key not in store.states:
            place = store.groups.place(stage.name, mapped.common).relative_to(store.root)
            store.states.save(key, {}, {"items": len(mapped.items), "place": place.as_posix()})
        run = _Run(task, mapped, missing, keep_going, stop, explain)
        for name in run.groups(submit, at_once, reporter):
            folder = store.groups.place(stage.name, mapped.common) / name
            known.add(folder, read_group(folder))
        if run.failures:
            raise _failed(stage.name, mapped, run.failures)
        with store.write(key, task.fields) as writer:
            writer.root, writer.started = task.root, started
            writer.notes = {"items": len(mapped.items), "items_run": len(missing)}
            write_references(writer, stage, mapped, known, store)
        store.states.drop(key)
    return True


class _Run:
    """The groups of a mapped stage under way."""

    def __init__(
        self,
        task: Task,
        mapped: Mapped,
        missing: Iterable[Item],
        keep_going: bool,
        stop: threading.Event | None,
        explain: Callable[[BaseException], BaseException | None],
    ) -> None:
        self._explain = explain
        self._task, self._mapped, self._todo = task, mapped, deque(missing)
        self._keep_going, self._stop = keep_going, stop
        self._running: dict[Future[Done], tuple[Item, ...]] = {}
        self._item_seconds, self._beside = 0.0, 0.0  # seconds an item; and beside a group
        self._alone: set[int] = set()  # numbers of items that go in groups of their own
        self.failures: list[tuple[int, Exception]] = []

    def groups(
        self, submit: Submit, at_once: Callable[[], int], reporter: Reporter
    ) -> Iterable[str]:
        """The names of the groups, as they are stored."""
        name, count = self._task.stage.name, len(self._todo)
        if not count:
            return
        with reporter.progress(name, count, "items") as progress:
            try:
                while self._todo or self._running:
                    while self._todo and len(self._running) < at_once():
                        self._start(submit, at_once())
                    for items, done in self._ended():
                        progress.advance(done.count)
                        self._take(items, done)
                        if done.name:
                            yield done.name
                    if self.failures and not self._keep_going:
                        return
            finally:
                for future in self._running:
                    future.cancel()

    def _start(self, submit: Submit, share: int) -> None:
        seconds = min(max(SECONDS, self._beside / SHARE), LONGEST)
        alone = self._todo[0].number in self._alone
        size = 1 if alone else self._size(seconds, -(-len(self._todo) // share))
        items = tuple(self._todo.popleft() for _ in range(min(size, len(self._todo))))
        given = self._task, self._mapped.common, dict(self._mapped.fields), items
        self._running[submit(Group(*given, self._keep_going, seconds))] = items

    def _size(self, seconds: float, even: int) -> int:
        """How many items a group gets that may take so long; `even`: what leaves some for all."""
        if not self._item_seconds:
            return max(1, min(FIRST, even))
        least = max(SHORTEST, self._beside) / self._item_seconds
        return max(1, int(min(seconds / self._item_seconds, max(even, least))))

    def _ended(self) -> Iterable[tuple[tuple[Item, ...], Done]]:
        """The groups that have ended, after a wait for the next one."""
        ended: set[Future[Done]] = set()
        while not ended:
            if self._stop is not None and self._stop.is_set():
                raise Interrupted
            timeout = None if self._stop is None else POLL
            ended, _ = wait(self._running, timeout, return_when=FIRST_COMPLETED)
        for future in [future for future in self._running if future in ended]:
            items = self._running.pop(future)
            try:
                done = future.result()
            except Exception as error:
                if not isinstance(meant := self._explain(error), WorkersDied):
                    raise
                done = self._after_deaths(items, meant)
            yield items, done

    def _after_deaths(self, items: tuple[Item, ...], error: WorkersDied) -> Done:
        """One of these items ends whoever makes it, nobody knows which: each goes alone from here
        on. One that was alone has failed."""
        if len(items) == 1:
            return Done(count=1, seconds=SECONDS, failures=[(items[0].number, error)])
        self._alone.update(item.number for item in items)
        return Done()

    def _take(self, items: tuple[Item, ...], done: Done) -> None:
        self._todo.extendleft(reversed(items[done.count :]))
        if done.count:
            self._item_seconds = max(done.seconds / done.count, 1e-6)
            self._beside = done.beside
        self.failures += done.failures


def _failed(stage: str, mapped: Mapped, failures: list[tuple[int, Exception]]) -> Exception:
    """The error of the first item that failed, which names it and those that failed beside it."""
    failures = sorted(failures, key=lambda pair: pair[0])
    labels = [mapped.label(number) for number, _ in failures]
    error = failures[0][1]
    more = ", ".join(labels[1:SHOWN]) + (", …" if len(labels) > SHOWN else "")
    rest = f"; {len(labels) - 1:,} more failed: {more}" if len(labels) > 1 else ""
    words = str(error) or type(error).__name__
    summary = f"item {labels[0]}: {words}{rest}"
    if isinstance(error, UserError):
        error.args = (summary,)  # whatever its class is made from
    else:
        error.add_note(f"in item {labels[0]}{rest}")
    vars(error)["summary"] = summary
    return error
