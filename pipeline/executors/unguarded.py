"""Programs whose workers would do again what the program itself does, and wait for it for ever.

A worker process imports the program's main module first. Where that calls `run` at its top level,
and not below `if __name__ == "__main__":`, each worker comes there, too, before it has taken its
task: it would wait for the result that its own program waits for. So it ends, by a status that
says why, and the program ends with one line.
"""

from __future__ import annotations

import signal
import sys
import time
from typing import Any

from pipeline.errors import ConfigError, ExecutorError

STATUS = 78  # EX_CONFIG of sysexits.h
PATIENCE = 1.0  # seconds
_LINE = (
    'expected `run` below `if __name__ == "__main__":`, found it at the top level of the program, '
    "which each worker process imports; put it there, or give --executor thread"
)


def leave_if_unguarded() -> None:
    """End a worker process that has not begun, for it is importing the program's main module. A
    process of somebody else's pool says why, for nobody asks for its status."""
    process = sys.modules.get("multiprocessing.process")  # else it is no worker
    if process is None or not getattr(process.current_process(), "_inheriting", False):
        return
    if "distributed" in sys.modules:
        raise ConfigError(_LINE)
    from pipeline.executors.endings import end  # here and not above: most commands have no worker

    end(STATUS)


def error_of(executor: Any) -> ExecutorError | None:
    """The error of a pool of processes one of which has ended so; None where none has. How one has
    ended is not known here for the moment in which the pool's own thread asks for it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        processes = [*(getattr(executor, "_processes", None) or {}).values()]
        statuses = {getattr(process, "exitcode", None) for process in processes}
        if STATUS in statuses:
            return ExecutorError(_LINE)
        if statuses - {None, -signal.SIGTERM} or not statuses or time.monotonic() > deadline:
            return None
        time.sleep(0.01)
