"""What a stage is seen to read while it runs.

Python's audit hooks see files that are opened, folders that are listed, programs that are started
and hosts that are called; wraps.py adds what raises no audit event: environment variables, whether
a file is there, modules that are imported by a computed name. A recorder keeps what was seen first
(recorder.py), as each kind of event reports it (audit_events.py); trace.py makes of it what the
next plan checks.

A hook cannot be taken out again, so it is added with the first stage that runs, and does nothing
while none does. Events of a thread that a stage has started belong to that stage; where several
stages run at once and it cannot be known whose thread it is, to all of them.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from pipeline.code.askers import compiles
from pipeline.code.audit_events import EVENTS
from pipeline.code.recorder import Recorder
from pipeline.code.workers import collect
from pipeline.code.wraps import wrapped
from pipeline.own_reads import THREADS

_ACTIVE: dict[int, Recorder] = {}  # by the thread that runs the stage
_STARTED: set[int] = set()  # threads that began while a stage ran
_LOCK = threading.Lock()
_hooked = False


@contextmanager
def observed(excluded: tuple[str, ...]) -> Iterator[Recorder]:
    """Record what this thread, and those that it starts, are seen to read. Paths that begin with
    one of `excluded` never count."""
    global _hooked
    recorder = Recorder(excluded, watch=observed)
    with _LOCK:
        if not _hooked:
            sys.addaudithook(_hook)
            _hooked = True
        _STARTED.intersection_update(sys._current_frames())
        recorder.outside -= _STARTED
        first = not _ACTIVE
        outer = _ACTIVE.get(threading.get_ident())  # of a stage that runs a pipeline of its own
        _ACTIVE[threading.get_ident()] = recorder
        if first:
            wrapped.start(_recorders)
    try:
        yield recorder
    finally:
        with _LOCK:
            _ACTIVE.pop(threading.get_ident(), None)
            if outer is not None:
                _ACTIVE[threading.get_ident()] = outer
            new = set(sys._current_frames()) - recorder.outside - {threading.get_ident()}
            _STARTED.update(new)
            if not _ACTIVE:
                wrapped.stop()
        collect(recorder)
        if outer is not None:
            outer.inherit(recorder)


def watched() -> Recorder | None:
    """The recorder of the stage that this thread runs."""
    return _ACTIVE.get(threading.get_ident())


def _recorders() -> list[Recorder]:
    """Those that an event of this thread belongs to."""
    thread = threading.get_ident()
    if thread in THREADS or compiles():
        return []
    if thread in _ACTIVE:
        return [_ACTIVE[thread]]
    return [recorder for recorder in list(_ACTIVE.values()) if thread not in recorder.outside]


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _ACTIVE and event in EVENTS:
        for recorder in _recorders():
            started = time.perf_counter()
            with suppress(Exception):  # to watch a program must never change what it does
                EVENTS[event](recorder, *arguments)
            recorder.seconds += time.perf_counter() - started
