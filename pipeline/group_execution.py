"""Group execution: making the results of some items of a mapped stage, here or in another process.

Items are made one after another until their time is up, then committed together (store/groups.py);
what is left goes back to whoever gave it. What the stage is seen to read while a group is made is
noted for the group: when it changes, the group's items are made again.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.code import CodeIndex
from pipeline.errors import Interrupted, UserError
from pipeline.events.reporter import Reporter
from pipeline.execution import Task
from pipeline.execution import portable as portable_error
from pipeline.executors.blas import one_blas_thread
from pipeline.executors.endings import staying
from pipeline.mapping import Item, Place
from pipeline.observation import Observations
from pipeline.outputs import returning, write_outputs
from pipeline.run_context import RunContext
from pipeline.store.files import Files
from pipeline.store.groups import GroupWriter
from pipeline.store.store import Key, Store

SECONDS = 1.0  # of work in a group, so that a kill costs no more


@dataclass(frozen=True)
class Group:
    """Items to be made together: `task` is their stage's, `common` is what `Mapped` has."""

    task: Task
    common: str
    fields: dict[str, Any]
    items: tuple[Item, ...]
    keep_going: bool = False
    seconds: float = SECONDS

    def needed(self) -> list[str]:
        """The inputs that are needed whole: for all items alike, or to take items from them."""
        return [name for name in self.task.stage.inputs if self._is_needed(name)]

    def _is_needed(self, name: str) -> bool:
        if name not in self.task.stage.over:
            return True
        return any(isinstance(item.values[name], Place) for item in self.items)


@dataclass
class Done:
    """What became of a group: its name in the store ("": nothing is stored), how many items of it
    were looked at, the seconds of work on them, the seconds beside it (looking at code, committing,
    sending; no wait in a queue), and the errors of those that failed, by number."""

    name: str = ""
    count: int = 0
    seconds: float = 0.0
    beside: float = 0.0
    failures: list[tuple[int, Exception]] = field(default_factory=list)


def execute_group(
    group: Group,
    store: Store,
    reporter: Reporter,
    stop: threading.Event | None = None,
    observations: Observations | None = None,
    load: Callable[[str], Any] | None = None,
) -> Done:
    """Make items of `group` until its time is up, one at least, and commit them.

    `stop`, once it is set, ends the group after the item under way. `load` gives an input by its
    name, where they do not lie in `store`. Raises `CodeError` and `DataError` where code or files
    have changed meanwhile: then nothing of the group is stored.
    """
    task, stage, began = group.task, group.task.stage, time.monotonic()
    if observations is None:
        observations = Observations(store, CodeIndex(store.root / ".code.json"))
    observations.check_code(stage, task.code, task.fields["graph"], before=True)
    load = load or (lambda name: store.load(task.sources[name], name))
    whole = {name: load(name) for name in group.needed()}
    files = Files(tuple(file for item in group.items for file in item.files()))
    values = whole | {"files of items": files} | dict(task.parameters)
    done = Done()
    with one_blas_thread(), store.groups.write(stage.name, group.common, group.fields) as writer:
        with observations.watching(stage, values, task.parameters, *task.reach()) as recorder:
            started = time.monotonic()
            for item in group.items:
                _make(item, group, whole, writer, done, store, reporter, stop)
                done.seconds = time.monotonic() - started
                late = done.seconds > group.seconds or (stop is not None and stop.is_set())
                if late or (done.failures and not group.keep_going):
                    break
        looked_at = group.items[: done.count]
        files = Files(tuple(file for item in looked_at for file in item.files()))
        observations.check_code(stage, task.code, task.fields["graph"])
        observations.check_files(stage, values | {"files of items": files})
        writer.observe(observations.trace(stage, recorder, task.code, task.opaque))
    done.name = writer.name
    if stage.takes_context:
        for item in looked_at:
            store.states.drop(Key(stage.name, item.fingerprint))
    done.beside = time.monotonic() - began - done.seconds
    return done


def execute_group_elsewhere(group: Group, root: Path, channel: int = -1) -> Done:
    """`execute_group` in another process, which has the store's folder; events go by `channel`."""
    from pipeline.events.relay import end, sender

    try:
        done = execute_group(group, Store(root), sender(channel))
    finally:
        end(channel)
    return portable(done)


def portable(done: Done) -> Done:
    """What became of a group, with errors that other processes can read."""
    done.failures = [(number, _portable(error)) for number, error in done.failures]
    return done


def _make(
    item: Item,
    group: Group,
    whole: dict[str, Any],
    writer: GroupWriter,
    done: Done,
    store: Store,
    reporter: Reporter,
    stop: threading.Event | None,
) -> None:
    """Make one item, or take in what it failed with."""
    task, stage, out = group.task, group.task.stage, writer.item()
    done.count += 1
    try:
        given = {**whole, **item.arguments(whole)}
        arguments = stage.arguments(task.parameters)
        if stage.takes_context:
            key = Key(stage.name, item.fingerprint)
            arguments["context"] = RunContext(store, key, reporter, out, stop)
        with returning(stage):
            with staying():
                value = stage.function(**given, **arguments)
            write_outputs(value, stage, out, reporter)
        writer.add(item.fingerprint, item.digests, out)
    except Interrupted:
        raise
    except Exception as error:
        out.discard()
        done.failures.append((item.number, error))


def _portable(error: Exception) -> Exception:
    """An error that other processes can read, with its traceback where it is a bug's."""
    if not isinstance(error, UserError):
        error.add_note("".join(traceback.format_exception(error)))
    if (readable := portable_error(error)) is not error:
        readable.__notes__ = getattr(error, "__notes__", [])
    return readable
