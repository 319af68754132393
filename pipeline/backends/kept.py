"""Kept: what workers of a cluster have made, or are making, for a client that was killed.

The next client asks for it once, when it comes: what is whole it gets, without a task; what is
being made it had better wait for where that is.
"""

from __future__ import annotations

from typing import Any

from pipeline.backends.parcels import Made
from pipeline.backends.worker import give, results_at, root_of
from pipeline.store.key import Key


class Kept:
    """The results that the workers of a client's cluster have, as they were when it came."""

    def __init__(self, client: Any) -> None:
        self._client = client
        found = client.run(_names, on_error="ignore")
        self._where: dict[str, str] = {name: w for w, names in found.items() for name in names}

    def take(self, key: Key) -> tuple[str | None, Made | None]:
        """The worker that had a result, or was making it, and the result where it is whole; once
        for each result: another time it is made as if it had never been."""
        if (worker := self._where.pop(str(key), None)) is None:
            return None, None
        found = self._client.run(_give, key, workers=[worker], on_error="ignore")
        return worker, found.get(worker)


def _names(dask_worker: Any) -> list[str]:
    return results_at(root_of(dask_worker))


def _give(key: Key, dask_worker: Any) -> Made | None:
    return give(root_of(dask_worker), key)
