"""Relay: events of stages that run in other processes, reported here as if they ran in this one.

Each task has a channel, by a number, and what comes through it is reported to whom it belongs to.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from pipeline.events.event import Event, EventReporter
from pipeline.events.reporter import Reporter

END = "end"  # the kind of the last event of a channel
_PATIENCE = 2.0  # seconds, for what the dead may hold
_send: Callable[[Any], None] | None = None  # of this process, where it is a worker


def sender(channel: int) -> Reporter:
    """The reporter of a task in a worker process: it sends events to where the run was started."""
    send = _send
    if send is None:
        return Reporter()
    return EventReporter(lambda event: send((channel, event.kind, dict(event.fields))))


def end(channel: int) -> None:
    """Say, in a worker process, that a task has ended."""
    if _send is not None:
        _send((channel, END, {}))


def _connect(pipe: Any, lock: Any) -> None:  # pragma: no cover  # runs in the worker
    def send(event: Any) -> None:
        with lock:
            pipe.send(event)

    global _send
    _send = send


class Channels:
    """Reports events that arrive by the number of a channel to the reporter of that channel. An
    error of the reporter's ends no other channel: `settle` raises it."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._open: dict[int, Replay] = {}
        self._ended = threading.Condition()
        self._errors: dict[int, Exception] = {}  # the first of a channel

    def open(self, reporter: Reporter) -> int:
        """A new channel, whose events `reporter` gets."""
        number = next(self._numbers)
        self._open[number] = Replay(reporter)
        return number

    def __call__(self, channel: int, kind: str, fields: Mapping[str, Any]) -> None:
        """Report an event; one of a channel that has ended is nobody's."""
        replay = self._open.get(channel)
        try:
            if replay and kind == END:
                replay.close()
            elif replay and channel not in self._errors:
                replay(Event(kind, fields))
        except Exception as error:
            self._errors.setdefault(channel, error)
        if kind == END:
            with self._ended:
                self._open.pop(channel, None)
                self._ended.notify_all()

    def settle(self, channel: int) -> None:
        """Wait, not for ever, until all events of a task that has ended have arrived. Raises what
        its reporter has raised."""
        with self._ended:
            self._ended.wait_for(lambda: channel not in self._open, _PATIENCE)
        if error := self._errors.pop(channel, None):
            raise error

    def close(self) -> None:
        """Close all channels."""
        for channel in list(self._open):
            self(channel, END, {})


class Relay:
    """Receives the events of worker processes, which begin with `connection`, in a thread.

    A worker may be killed while it holds the lock or has written half an event. So nothing here
    waits for either without an end.
    """

    def __init__(self) -> None:
        from pipeline.executors.processes import start_context

        context = start_context()
        self._reader, self._writer = context.Pipe(duplex=False)
        self._lock = context.Lock()
        self.channels = Channels()
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    @property
    def connection(self) -> tuple[Callable[..., None], tuple[Any, ...]]:
        """What a worker process calls first, and with what."""
        return _connect, (self._writer, self._lock)

    def close(self) -> None:
        """Report what has arrived, and end. Call it when the workers have ended."""
        if self._lock.acquire(timeout=_PATIENCE):
            with suppress(OSError):
                self._writer.send(None)
        self._writer.close()  # where that was not possible, the reader finds the end of the pipe
        self._thread.join(_PATIENCE)
        self.channels.close()

    def _receive(self) -> None:
        with self._reader, suppress(EOFError, OSError):
            while (found := self._reader.recv()) is not None:
                self.channels(*found)


class Replay:
    """Calls a reporter as the stage would have done whose events come one by one."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._tasks: dict[str, tuple[Any, Any, int]] = {}  # label → context manager, task, done

    def __call__(self, event: Event) -> None:
        given = dict(event.fields)
        match event.kind:
            case "progress":
                self._progress(**given)
            case "metrics":
                self._reporter.metrics(given.pop("stage"), given)
            case "info":
                self._reporter.info(event.message)
            case "warning":
                self._reporter.warn(event.message)
            case "waiting":
                self._reporter.waiting(event.stage, event.holder)

    def close(self) -> None:
        """Close the tasks that have not come to their end."""
        for manager, _, _ in self._tasks.values():
            manager.__exit__(None, None, None)
        self._tasks.clear()

    def _progress(self, label: str, done: int, total: int | None, unit: str, note: str) -> None:
        if label not in self._tasks:
            manager = self._reporter.progress(label, total, unit)
            self._tasks[label] = manager, manager.__enter__(), 0
        manager, task, before = self._tasks[label]
        task.advance(done - before, note)
        self._tasks[label] = manager, task, done
        if done == total:
            manager.__exit__(None, None, None)
            del self._tasks[label]
