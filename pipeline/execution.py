"""Execution: making one result, here or in another process.

Take the lock of its key; where another process has just made it, that is all; else load the inputs,
call the function, and write what it returns, yields or streams.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.code import CodeIndex
from pipeline.context import Context, Progress
from pipeline.errors import Interrupted, OutputError
from pipeline.events.reporter import Reporter
from pipeline.executors.blas import one_blas_thread
from pipeline.observation import Observations
from pipeline.prefetch import prefetched
from pipeline.stage import Stage
from pipeline.store.durable import check_free_space
from pipeline.store.outputs import check_blocks, check_value, copied
from pipeline.store.store import Key, Store
from pipeline.store.values import Writer


@dataclass(frozen=True)
class Task:
    """One result to be made: everything that it takes, to be sent to another process.

    `code` are the sources that the stage reaches, as they were when it was planned.
    """

    stage: Stage
    parameters: Mapping[str, Any]
    sources: Mapping[str, Key]
    key: Key
    fields: Mapping[str, Any]
    root: str  # why the result is to be kept though nothing needs it; "": it is not
    code: Mapping[str, list[int]] = field(default_factory=dict)


def execute(
    task: Task,
    store: Store,
    reporter: Reporter,
    made: Callable[[], bool],
    stop: threading.Event | None = None,
    observations: Observations | None = None,
) -> bool:
    """Make the result of `task`; false where it was there once its lock was taken (`made()`).

    `stop`, once it is set, ends the stage at its next report, by `Interrupted`. `observations`
    are the planner's, where that is in this process.
    """
    stage, key = task.stage, task.key
    with store.lock(key, lambda holder: reporter.waiting(stage.name, holder)):
        if made():
            return False
        if observations is None:
            observations = Observations(store, CodeIndex(store.root / ".code.json"))
        graph = task.fields["graph"]
        observations.check_code(stage, task.code, graph, before=True)
        with one_blas_thread(), store.write(key, task.fields) as writer:
            writer.root = task.root
            inputs = {name: store.load(task.sources[name], name) for name in stage.inputs}
            values = inputs | dict(task.parameters)
            arguments = stage.arguments(task.parameters)
            if stage.takes_context:
                arguments["context"] = _RunContext(store, key, reporter, writer, stop)
            with observations.watching(stage, values, task.parameters) as recorder:
                value = stage.function(*inputs.values(), **arguments)
                try:
                    _write(value, stage, writer, reporter)
                except OutputError as error:
                    raise OutputError(f"stage {stage.name}: {error}") from None
            observations.check_code(stage, task.code, graph)
            observations.check_files(stage, values)
            writer.observed = observations.trace(stage, recorder, task.code)
        store.states.drop(key)
    return True


def execute_elsewhere(task: Task, root: Path) -> bool:
    """`execute` in another process, which has the store's folder."""
    from pipeline.events.relay import sender

    store = Store(root)
    observations = Observations(store, CodeIndex(store.root / ".code.json"))

    def made() -> bool:
        if store.damage(task.key) is not None:
            return False
        return not observations.changes(task.stage, store.manifest(task.key))

    return execute(task, store, sender(), made, observations=observations)


def _write(value: Any, stage: Stage, writer: Writer, reporter: Reporter) -> None:
    from pipeline.stream import Stream

    if isinstance(value, Stream):
        with reporter.progress(stage.name, len(value), "blocks") as progress:
            _append(_followed(value, progress), stage.outputs, writer)
        value = {}
    elif inspect.isgenerator(value):
        value = _append(value, stage.outputs, writer)
    elif len(stage.outputs) == 1:
        value = {stage.outputs[0]: value}
    if not isinstance(value, dict):
        raise OutputError(
            f"expected a dict of the outputs {', '.join(stage.outputs)}, "
            f"found {type(value).__name__}"
        )
    for name, whole in value.items():
        check_value(name, whole)
        writer.put(name, whole)
    writer.expect(stage.outputs)


def _followed(stream: Any, progress: Progress) -> Iterator[Any]:
    for item in stream:
        yield item
        progress.advance()


def _append(blocks: Any, outputs: tuple[str, ...], writer: Writer) -> dict[str, Any]:
    """Append what a generator yields; give back what it returns.

    The generator runs in a thread, a block ahead: the next one is made while this one is hashed and
    written. So each is copied before the generator goes on, which may use its memory again.
    """
    rest: dict[str, Any] = {}

    def to_the_end() -> Iterator[Any]:
        try:
            while True:
                yield copied(next(blocks))
        except StopIteration as end:
            rest.update(end.value or {})

    names = None
    with closing(prefetched(to_the_end(), 1)) as made:
        for block in made:
            together = block if isinstance(block, dict) else {outputs[0]: block}
            names = check_blocks(together, names)
            for name, rows in together.items():
                writer.append(name, rows)
    return rest


class _RunContext(Context):
    """The context of a stage that runs. Each report is a place where the stage can be stopped."""

    def __init__(
        self,
        store: Store,
        key: Key,
        reporter: Reporter,
        writer: Writer,
        stop: threading.Event | None,
    ) -> None:
        self._store, self._key, self._reporter, self._writer = store, key, reporter, writer
        self._stop = stop

    def progress(
        self, label: str, total: int | None = None, unit: str = "rows"
    ) -> AbstractContextManager[Progress]:
        self._check()
        task = self._reporter.progress(label, total, unit)
        return task if self._stop is None else _Stoppable(task, self._check)

    def info(self, message: str) -> None:
        self._check()
        self._reporter.info(message)

    def warn(self, message: str) -> None:
        self._reporter.warn(message)

    def metrics(self, **figures: float) -> None:
        self._check()
        self._reporter.metrics(self._key.stage, figures)

    def check_free_space(self, size: int) -> None:
        check_free_space(self._store.root, size)

    def note(self, **figures: Any) -> None:
        self._writer.notes |= figures

    def load_state(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        state = self._store.states.load(self._key)
        if state is None and (reason := self._store.states.why_none(self._key)):
            self.warn(f"the saved state of {self._key.stage} {reason}: it begins anew")
        return state

    def save_state(self, arrays: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        self._store.states.save(self._key, arrays, record)
        self._check()

    def _check(self) -> None:
        if self._stop is not None and self._stop.is_set():
            raise Interrupted


class _Stoppable(AbstractContextManager[Progress]):
    """A task under way that looks, whenever it advances, whether it is to stop."""

    def __init__(self, task: AbstractContextManager[Progress], check: Callable[[], None]) -> None:
        self._task, self._check = task, check

    def __enter__(self) -> _Stoppable:
        self._progress = self._task.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._task.__exit__(*error)

    def advance(self, amount: int = 1, note: str = "") -> None:
        self._check()
        self._progress.advance(amount, note)
