"""Lookout: how many workers a cluster has; says that there are none where work waits for one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

INTERVAL = 5.0  # seconds between two looks


class Lookout:
    """Looks again and again how many workers a Dask scheduler has, in a thread, until it is closed.

    `threads` of them there are at first; `waits` says whether there is work, `warn` gets the
    warning: once, and anew when all have gone.
    """

    def __init__(
        self,
        client: Any,
        address: str,
        threads: int,
        waits: Callable[[], bool],
        warn: Callable[[str], None],
    ) -> None:
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
        while not self._closed.wait(INTERVAL):
            if not self._waits():
                missing = False
                continue
            with suppress(Exception):  # that the scheduler is lost, the tasks themselves say
                self.threads = sum(self._client.nthreads().values())
                before, missing = missing, not self.threads
                if missing and before and not warned:
                    joins = f"joins: dask worker {self._address} --nthreads 1"
                    self._warn(
                        f"cluster {self._address}: expected workers, found none; work begins as "
                        f"soon as one {joins if '://' in self._address else 'has started again'}"
                    )
                warned = missing and before
