"""ProcessExecutor: a pool of worker processes that leaves nothing behind.

Workers come from a fork server (a fork of a process with threads can deadlock), leave Ctrl-C,
SIGTERM and SIGHUP to their parent, run BLAS on one thread, and end when it ends, however it ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

from pipeline.executors.blas import limit_blas
from pipeline.executors.endings import end
from pipeline.executors.leftovers import claim

LONGEST = 70  # bytes of the name of a folder with sockets
SHORT = ("/tmp", "/var/tmp", "/dev/shm")
POLL = 0.2  # seconds
FILES, FILES_AT_FIRST = 12, 18  # that a pool opens here and in the server, and with a new server


class ProcessExecutor(ProcessPoolExecutor):
    """A pool of processes: for Python code. Tasks and results are pickled.

    `begin(*given)` is the first that each process calls.
    """

    def __init__(
        self, jobs: int, begin: Callable[..., None] | None = None, given: tuple[Any, ...] = ()
    ) -> None:
        super().__init__(
            jobs, mp_context=start_context(), initializer=_start_worker, initargs=(begin, given)
        )

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        """As the class above. There, the thread that finds out who has died is woken before the
        worker of this task may be started, and would wait for ever if that one was killed. Where it
        cannot be started, it counts as there all the same: the next task would wait for ever, and
        the refused one, of which nobody knows, be done one day. Only one thread may submit."""
        number = self._queue_count
        try:
            self._start_feeder()
            future = super().submit(function, *args, **named)
        except BaseException:
            self._take_back(number)
            raise
        with self._shutdown_lock:
            self._executor_manager_thread_wakeup.wakeup()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As the class above. There, one that was killed where all wait for work holds the lock of
        that place for good: the others never hear that they are to end, and are waited for."""
        manager: Any = self._executor_manager_thread
        processes = self._all()
        super().shutdown(False, cancel_futures=cancel_futures)
        if manager is None or not manager.is_alive():
            _kill(processes)  # there is nobody to tell them that they are to end
        while wait and manager is not None and manager.is_alive():
            manager.join(POLL)
            if any(process.exitcode for process in processes):
                _kill(processes)

    def kill(self) -> None:
        """End the processes at once, whatever they are doing."""
        _kill(self._all())

    def _start_feeder(self) -> None:
        """Start what sends tasks to processes here, where an error is heard of: that other thread
        would start it, and die of the error, and all that is under way would be waited for."""
        pool: Any = self
        queue = pool._call_queue
        if queue is not None and queue._thread is None:
            with queue._notempty:
                try:
                    queue._start_thread()
                except BaseException:
                    queue._thread = None  # or else it counts as there
                    raise

    def _take_back(self, number: int) -> None:
        """What was refused is not done later, and the thread that did not start is none."""
        with self._shutdown_lock:
            if work := self._pending_work_items.get(number):
                work.future.cancel()
            pool: Any = self
            manager = pool._executor_manager_thread
            if manager is not None and not manager.is_alive():
                pool._executor_manager_thread = None

    def _all(self) -> list[Any]:
        return list((self._processes or {}).values())


def _kill(processes: list[Any]) -> None:
    for process in processes:
        process.kill()  # workers block what `terminate` sends


def start_context() -> Any:
    """How processes are started: by a fork server, or anew where there is none.

    To be had before anything that they share: with the first lock, `multiprocessing` starts what
    keeps track of them, which is to be as we want it.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    _expect_open_files()
    claim(place := _place())
    _keep_sockets(place)
    _start_fork_server()
    return multiprocessing.get_context("forkserver")


def _expect_open_files() -> None:
    """Raise `OSError` where too few files may be opened: the server, or a worker, would end with a
    traceback of its own."""
    from multiprocessing import forkserver

    server: Any = forkserver
    spare: list[int] = []
    try:
        while len(spare) < (FILES if server._forkserver._forkserver_pid else FILES_AT_FIRST):
            spare += os.pipe()
    finally:
        for descriptor in spare:
            os.close(descriptor)


def _place() -> str:
    """The folder for temporary files. A system takes some 100 bytes for the name of a socket
    (unix(7)), 32 of them our own: where the usual folder has a longer name, another one."""
    usual = tempfile.gettempdir()
    if len(os.fsencode(usual)) <= LONGEST:
        return usual
    return next((folder for folder in SHORT if os.access(folder, os.W_OK | os.X_OK)), usual)


def _keep_sockets(place: str) -> None:
    """Let `multiprocessing` keep them there, unless it has a folder for them."""
    from multiprocessing import util

    usual = tempfile.gettempdir()
    tempfile.tempdir = place
    try:
        util.get_temp_dir()  # made on the first call, for good
    finally:
        tempfile.tempdir = usual


def _start_fork_server() -> None:
    """Start it with signals blocked, which its children inherit: none can be interrupted, not even
    while it starts. Here the signals only wait. SIGTERM, by which a pool of the caller's ends its
    processes (they come from this server, too), our own block later: until then it ends them
    without a word."""
    from multiprocessing import forkserver, resource_tracker

    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        resource_tracker.ensure_running()  # it unblocks all but this one
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            forkserver.ensure_running()
        except ChildProcessError:  # this process was forked, and the server is its parent's
            _forget(forkserver)
            forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _forget(forkserver: Any) -> None:
    """Leave the fork server to the process that has started it."""
    server = forkserver._forkserver
    os.close(server._forkserver_alive_fd)  # our copy
    server._forkserver_address = server._forkserver_alive_fd = server._forkserver_pid = None


def _start_worker(  # pragma: no cover  # runs in the worker
    begin: Callable[..., None] | None, given: tuple[Any, ...]
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    limit_blas()
    if begin is not None:
        begin(*given)


def _end_with_parent() -> None:  # pragma: no cover  # runs in the worker
    """A parent that is killed closes no queue; its workers would wait for ever."""
    if parent := multiprocessing.parent_process():
        parent.join()
    end(1)
