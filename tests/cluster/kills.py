"""Killed with -9 at random instants and started again: the client, then the scheduler."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.cluster.machines import Cluster, kill, machines
from tests.cluster.search import command, leaderboard, result, trainings

NAMES = ("client", "scheduler", "one", "two")
LONGEST = 600.0  # seconds of an undisturbed search


def killed_again_and_again(
    folder: Path, size: str, victim: str, times: int, seed: int
) -> list[str]:
    """Kill `victim` ("client" or "scheduler") so often; what is wrong, in words."""
    drawn, wrong = random.Random(seed), []
    with machines(folder, NAMES) as found:
        client, cluster = found["client"], Cluster(found)
        try:
            cluster.start_scheduler()
            for name in ("one", "two"):
                cluster.start_worker(name)
            known: dict[str, float] = {}
            for _ in range(times):
                process = client.start(*command(size, "dask", cluster.address))
                before = len(trainings(client.home))
                wait_until_trained(client, process, before, drawn)
                wrong += made_twice(client, known)
                if victim == "client":
                    kill(process)
                    continue
                kill(cluster.scheduler)
                status = process.wait()
                err = client.output(process)[1].splitlines()
                if status not in (0, 2) or (status == 2 and "cluster tcp://" not in err[-1]):
                    wrong.append(f"the scheduler was killed: status {status}, {err[-1:]}")
                cluster.start_scheduler()
                for name in ("one", "two"):
                    if cluster.workers[name].poll() is not None:
                        cluster.start_worker(name)
            out, _ = result(client, client.start(*command(size, "dask", cluster.address)))
            wrong += made_twice(client, known)
        finally:
            cluster.close()
        board = leaderboard(out)
        client.home.rename(folder / "disturbed")
        out, _ = result(client, client.start(*command(size, "process")))
        if leaderboard(out) != board:
            wrong.append("another leaderboard than that of an undisturbed search")
    return wrong


def wait_until_trained(client, process, before: int, drawn: random.Random) -> None:
    """Wait for a random number of further trainings, and a random moment more."""
    wanted, deadline = before + drawn.randint(0, 2), time.monotonic() + LONGEST
    while process.poll() is None and len(trainings(client.home)) < wanted:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(drawn.uniform(0, 3))


def made_twice(client, known: dict[str, float]) -> list[str]:
    """The trainings that were stored and have been made again: their manifests are newer."""
    found = {
        path.parent.name: path.stat().st_mtime
        for path in (client.home / "artifacts" / "train").glob("[!.]*/manifest.json")
    }
    twice = [f"{name} was trained twice" for name in known if found.get(name) != known[name]]
    known.update(found)
    return twice
