"""Choice: the backend that a placement means."""

from __future__ import annotations

from pipeline.backends.backend import Backend, Local
from pipeline.executors.placement import Placement
from pipeline.executors.pools import make_executor, shares_memory


def make_backend(placement: Placement, shared: bool = False) -> Backend:
    """The backend of a placement; `shared`: for many runs at once, each of which waits for it."""
    given = placement.executor
    if given == "process":
        from pipeline.backends.processes import OwnProcesses

        return OwnProcesses(placement.most, shared)
    if given == "dask":
        from pipeline.backends.cluster import Cluster

        return Cluster(placement, shared)
    if isinstance(given, str):
        return Local(make_executor(given, placement.most), True, False)
    if shares_memory(given):
        return Local(given, False, False)
    if placement.is_elsewhere:  # by `Client.get_executor()`
        from pipeline.backends.cluster import Cluster

        return Cluster(placement, shared, given)
    from pipeline.backends.processes import Processes

    return Processes(given, False, shared)
