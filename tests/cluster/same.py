"""The same leaderboard from every executor, with one worker killed and one that joins late."""

from __future__ import annotations

import time
from pathlib import Path

from tests.cluster.machines import Cluster, kill, machines, wait_for
from tests.cluster.search import command, leaderboard, result, trainings

NAMES = ("client", "scheduler", "one", "two", "three", "late")


def same_everywhere(folder: Path, size: str) -> list[str]:
    """Compare four leaderboards; what is wrong, in words."""
    wrong, boards, stored = [], {}, {}
    with machines(folder, NAMES) as found:
        client, cluster = found["client"], Cluster(found)
        try:
            cluster.start_scheduler()
            for name in ("one", "two", "three"):
                cluster.start_worker(name, nanny=name == "three")
            process = client.start(*command(size, "dask", cluster.address))
            wait_for(lambda: len(trainings(client.home)) >= 2, 900)
            kill(cluster.workers["one"])
            cluster.start_worker("late")
            out, _ = result(client, process)
            boards["dask"], stored["dask"] = leaderboard(out), trainings(client.home)
            late = list(found["late"].home.glob("**/pipeline/store/train/*/manifest.json"))
            if not late:
                wrong.append("the worker that joined late made nothing")
        finally:
            cluster.close()
        for executor in ("serial", "thread", "process"):
            home = client.home.rename(folder / f"before-{executor}")
            started = time.monotonic()
            out, _ = result(client, client.start(*command(size, executor)))
            print(f"  {executor}: {time.monotonic() - started:.1f} s", flush=True)
            boards[executor], stored[executor] = leaderboard(out), trainings(client.home)
            del home
    wrong += [f"{name}: another leaderboard" for name in boards if boards[name] != boards["serial"]]
    wrong += [f"{name}: other bits" for name in stored if stored[name] != stored["serial"]]
    return wrong
