"""Lookout: how many workers a cluster has; says that there are none where work waits for one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

INTERVAL = 5.0  # seconds between two looks
PATIENCE = 60.0  # seconds without a worker, on a cluster where nobody else can start one


class Lookout:
    """Looks again and again how many workers a Dask scheduler has, in a thread, until it is closed.

    `threads` of them there are at first; `waits` says whether there is work, `warn` gets the
    warning: once, and anew when all have gone. `give_up` is called where there is none for long,
    and nobody else can start one: on a cluster that was started here.
    """

    def __init__(
        self,
        client: Any,
        address: str,
        threads: int,
        waits: Callable[[], bool],
        warn: Callable[[str], None],
        give_up: Callable[[], None] | None = None,
    ) -> None:
        self._give_up = give_up
        self.threads = threads
        self._client, self._address, self._waits, self._warn = client, address, waits, warn
        self._closed = threading.Event()
        # Not waited for at the end: it may be asking a scheduler that answers no more.
        threading.Thread(target=self._look, name="lookout", daemon=True).start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def _look(self) -> None:
        missing = warned = False
        seen = time.monotonic()
        while not self._closed.wait(INTERVAL):
            if not self._waits():
                missing, seen = False, time.monotonic()
                continue
            with suppress(Exception):  # that the scheduler is lost, the tasks themselves say
                self.threads = sum(self._client.nthreads().values())
                before, missing = missing, not self.threads
                seen = seen if missing else time.monotonic()
                if self._give_up is not None and time.monotonic() - seen > PATIENCE:
                    self._give_up()
                if missing and before and not warned:
                    joins = f"joins: dask worker {self._address} --nthreads 1"
                    self._warn(
                        f"cluster {self._address}: expected workers, found none; work begins as "
                        f"soon as one {joins if '://' in self._address else 'has started again'}"
                    )
                warned = missing and before
