"""The same leaderboard from every executor, with one worker killed and one that joins late."""

from __future__ import annotations

import math
import time
from collections import Counter
from pathlib import Path

from tests.cluster.machines import Cluster, Machine, kill, machines, wait_for
from tests.cluster.namespaces import can_separate
from tests.cluster.search import command, leaderboard, result, trainings, written

ENOUGH = 48  # trials: of fewer none may be left for a worker that comes late
NAMES = ("client", "scheduler", "one", "two", "three", "late")


def same_everywhere(folder: Path, size: int) -> list[str]:
    """Compare four leaderboards; what is wrong, in words."""
    wrong, boards, stored = [], {}, {}
    with machines(folder, NAMES) as found:
        client, cluster = found["client"], Cluster(found)
        for executor in ("dask", "serial", "thread", "process"):
            started = time.monotonic()
            if executor == "dask":
                out = on_cluster(cluster, size, wrong)
            else:
                out, _ = result(client, client.start(*command(size, executor)))
            print(f"  {executor}: {time.monotonic() - started:.1f} s", flush=True)
            boards[executor], stored[executor] = leaderboard(out), trainings(client.home)
            client.home.rename(folder / f"of-{executor}")
    if len(stored["serial"]) != size:
        wrong.append(f"expected {size} trainings, found {len(stored['serial'])}")
    wrong += [f"{name}: another leaderboard" for name in boards if boards[name] != boards["serial"]]
    wrong += [f"{name}: other bits" for name in stored if stored[name] != stored["serial"]]
    return wrong


def on_cluster(cluster: Cluster, size: int, wrong: list[str]) -> str:
    """Search on three workers, kill one that is at a training, let one join; the document."""
    client: Machine = cluster.machines["client"]
    try:
        cluster.start_scheduler()
        for name in ("one", "two", "three"):
            cluster.start_worker(name, nanny=name == "three")
        process = client.start(*command(size, "dask", cluster.address))
        wait_for(lambda: len(written(client.home)) >= size // 4 and at_work(cluster, "one"))
        kill(cluster.workers["one"])
        print(f"  killed a worker when {len(written(client.home))} were stored", flush=True)
        cluster.start_worker("late")
        out, _ = result(client, process)
    finally:
        cluster.close()
    begun = cluster.begun()
    counts = Counter(one.name for one in begun)
    print(f"  begun on {dict(Counter(one.worker for one in begun))}", flush=True)
    idle = {"one", "two", "three", "late"} - {one.worker for one in begun}
    if idle - ({"late"} if size < ENOUGH else set()):
        wrong.append(f"trained nothing: {', '.join(sorted(idle))}")
    again = [one for one in begun if one.worker == "one" and counts[one.name] > 1]
    lost = [one for one in again if one.end == math.inf]  # others were made, and not fetched yet
    print(
        f"  {len(begun)} begun for {size}, {len(again) - len(lost)} of them made before", flush=True
    )
    if len(counts) != size or len(lost) > 1 or len(begun) != size + len(again):
        wrong.append(f"one worker was killed, and {counts.total()} trainings begun for {size}")
    if can_separate():
        machines = [cluster.machines[name] for name in ("one", "two", "three", "late")]
        seen = [one.name for one in machines if one.sees(client.home / "artifacts")]
        wrong += [f"worker {name} sees the folder of the client" for name in seen]
    return out


def at_work(cluster: Cluster, worker: str) -> bool:
    """Whether a worker is at a training that is not stored yet."""
    begun = [one.name for one in cluster.begun() if one.worker == worker]
    return bool(begun) and begun[-1] not in written(cluster.machines["client"].home)
