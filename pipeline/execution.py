"""Execution: making one result, here or in another process.

Take the lock of its key; where another process has just made it, that is all; else load the inputs,
call the function, and write what it returns, yields or streams.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.code import CodeIndex
from pipeline.errors import UserError
from pipeline.events.reporter import Reporter
from pipeline.executors.blas import one_blas_thread
from pipeline.executors.endings import staying
from pipeline.observation import Observations
from pipeline.outputs import returning, write_outputs
from pipeline.run_context import RunContext
from pipeline.stage import Stage
from pipeline.store.store import Key, Store


@dataclass(frozen=True)
class Task:
    """One result to be made: everything that it takes, to be sent to another process.

    `code` are the sources that the stage reaches, as they were when it was planned; `opaque` are
    values that have no content to be compared, in words.
    """

    stage: Stage
    parameters: Mapping[str, Any]
    sources: Mapping[str, Key]
    key: Key
    fields: Mapping[str, Any]
    root: str  # why the result is to be kept though nothing needs it; "": it is not
    code: Mapping[str, list[int]] = field(default_factory=dict)
    opaque: tuple[str, ...] = ()

    def reach(self) -> tuple[Collection[str], Collection[str]]:
        """The files that the stage reaches, and the names in them."""
        return self.code.keys(), self.fields["code"].keys()


def execute(
    task: Task,
    store: Store,
    reporter: Reporter,
    made: Callable[[], bool],
    stop: threading.Event | None = None,
    observations: Observations | None = None,
    load: Callable[[str], Any] | None = None,
) -> bool:
    """Make the result of `task`; false where it was there once its lock was taken (`made()`).

    `stop`, once it is set, ends the stage at its next report, by `Interrupted`. `observations`
    are the planner's, where that is in this process. `load` gives an input by its name, where they
    do not lie in `store`.
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
            load = load or (lambda name: store.load(task.sources[name], name))
            inputs = {name: load(name) for name in stage.inputs}
            values = inputs | dict(task.parameters)
            arguments = stage.arguments(task.parameters)
            if stage.takes_context:
                arguments["context"] = RunContext(store, key, reporter, writer, stop)
            with observations.watching(stage, values, task.parameters, *task.reach()) as recorder:
                with returning(stage):
                    with staying():
                        value = stage.function(*inputs.values(), **arguments)
                    write_outputs(value, stage, writer, reporter)
            observations.check_code(stage, task.code, graph)
            observations.check_files(stage, values)
            writer.observed = observations.trace(stage, recorder, task.code, task.opaque)
        store.states.drop(key)
    return True


def execute_elsewhere(task: Task, root: Path, channel: int = -1) -> bool:
    """`execute` in another process, which has the store's folder; events go by `channel`."""
    from pipeline.events.relay import end, sender

    store = Store(root)
    observations = Observations(store, CodeIndex(store.root / ".code.json"))
    try:
        made = is_stored(task, store, observations)
        return execute(task, store, sender(channel), made, observations=observations)
    except Exception as error:
        if (readable := portable(error)) is not error:
            raise readable from error  # a pool shows what it comes from
        raise
    finally:
        end(channel)


def is_stored(task: Task, store: Store, observations: Observations) -> Callable[[], bool]:
    """What says whether the result of `task` is stored, and still what it should be."""

    def made() -> bool:
        if store.damage(task.key) is not None:
            return False
        return not observations.changes(task.stage, store.manifest(task.key))

    return made


def portable(error: Exception) -> Exception:
    """The error, or one that says the same where other processes cannot read it, or where it is
    that of a pool of the stage's own: a pool would take either for a worker that was killed."""
    try:
        if isinstance(error, BrokenExecutor):
            raise error
        pickle.loads(pickle.dumps(error))
    except Exception:
        if not isinstance(error, UserError):
            return RuntimeError(f"{type(error).__name__}: {error}")
        bases = type(error).__mro__
        ours: type[UserError] = next(c for c in bases if c.__module__ == UserError.__module__)
        return ours(str(error))
    return error
