"""Killed with -9 at random instants and started again: the client, then the scheduler."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.machines import Begun, Cluster, Machine, kill, machines
from tests.cluster.search import command, leaderboard, result, written

NAMES = ("client", "scheduler", "one", "two")
WORKERS = ("one", "two")
PATIENCE = 300.0  # seconds for a client or a worker to notice that the scheduler is gone


@dataclass(frozen=True)
class Life:
    """From a start of the client to its end, when something was killed; what was stored then.

    Times are in seconds since the epoch.
    """

    killed: float
    end: float
    stored: frozenset[str]


def killed_again_and_again(
    folder: Path, size: int, victim: str, times: int, seed: int
) -> list[str]:
    """Kill `victim` ("client" or "scheduler") so often; what is wrong, in words."""
    drawn, wrong, lives = random.Random(f"{victim} {seed}"), [], []
    with machines(folder, NAMES) as found:
        client, cluster = found["client"], Cluster(found)
        try:
            cluster.start_scheduler()
            for name in WORKERS:
                cluster.start_worker(name)
            known: dict[str, float] = {}
            kills = 0
            while kills < times and len(lives) < 2 * times:
                process = client.start(*command(size, "dask", cluster.address))
                before = len(known)
                # Half of an even share: more come to the store before a client notices.
                wait_for_an_instant(client, process, drawn, max(size // (2 * times), 1))
                kills += process.poll() is None  # what has ended by itself cannot be killed
                over = process.poll() is not None
                kill(process if victim == "client" else cluster.scheduler)
                killed = time.time()
                if victim == "scheduler":
                    wrong += scheduler_killed(cluster, client, process, over)
                wrong += stored_again(client, known)
                lives.append(Life(killed, time.time(), frozenset(known)))
                print(f"  {victim} killed: {before} → {len(known)} stored", flush=True)
            out, _ = result(client, client.start(*command(size, "dask", cluster.address)))
            wrong += stored_again(client, known)
            lives.append(Life(time.time(), time.time(), frozenset(known)))
            wrong += judged(cluster.begun(), lives, size)
        finally:
            cluster.close()
        if kills < times:
            wrong.append(f"only {kills} of {times} kills: the search was over too soon")
        client.home.rename(folder / "disturbed")
        undisturbed, _ = result(client, client.start(*command(size, "process")))
    if leaderboard(out) != leaderboard(undisturbed):
        wrong.append("another leaderboard than that of an undisturbed search")
    return wrong


def wait_for_an_instant(
    client: Machine, process: subprocess.Popen, drawn: random.Random, share: int
) -> None:
    """Wait for a random number of further trainings, about `share`, and a random moment more.

    Where the number is none, the instant lies in the start of the client or in its first trainings.
    """
    wanted = len(written(client.home)) + drawn.randint(0, 2 * share - 2)
    while process.poll() is None and len(written(client.home)) < wanted:
        time.sleep(0.02)
    time.sleep(drawn.uniform(0, 1.5))


def scheduler_killed(
    cluster: Cluster, client: Machine, process: subprocess.Popen, over: bool
) -> list[str]:
    """See how the client ends, unless it was over; start the scheduler again, with its workers."""
    # Who had not joined yet has lost nothing, and joins the next one.
    joined = [name for name in WORKERS if cluster.has_joined(name)]
    wrong = []
    try:
        status = process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        kill(process)
        return [f"the client had not noticed after {PATIENCE:g} s that the scheduler was gone"]
    err = client.output(process)[1]
    last = err.splitlines()[-1:]
    if (not over and (status != 2 or "cluster tcp://" not in last[0])) or "Traceback" in err:
        wrong.append(f"the scheduler was killed: status {status}, {last}")
    cluster.start_scheduler()
    for name in joined:  # they end when they lose their scheduler; who keeps them starts others
        try:
            cluster.workers[name].wait(PATIENCE)
        except subprocess.TimeoutExpired:
            wrong.append(f"worker {name} had not ended {PATIENCE:g} s after its scheduler")
            kill(cluster.workers[name])
        cluster.start_worker(name)
    return wrong


def stored_again(client: Machine, known: dict[str, float]) -> list[str]:
    """The trainings that were stored and have been stored again: their manifests are newer."""
    found = written(client.home)
    twice = [f"{name} was stored twice" for name in known if found.get(name) != known[name]]
    known.update(found)
    return twice


def judged(begun: Sequence[Begun], lives: Sequence[Life], size: int) -> list[str]:
    """Compare what was begun with what was stored: nothing that is stored is begun, and of what a
    worker was at when something was killed, one training at most is begun again.

    What it had made, and what was on its way to the store then, may be made again, too: counted.
    """
    wrong, start, on_their_way = [], 0.0, 0
    stored: frozenset[str] = frozenset()
    for number, life in enumerate(lives):
        own = [one for one in begun if start < one.when <= life.end]
        later = {one.name for one in begun if one.when > life.end}
        wrong += [f"{one.name} was stored, and begun again" for one in own if one.name in stored]
        lost = Counter(one.worker for one in own if one.name in later and one.end > life.killed)
        wrong += [f"life {number}: {name} lost {n} trainings" for name, n in lost.items() if n > 1]
        on_their_way += sum(one.name in later and one.end <= life.killed for one in own)
        start, stored = life.end, life.stored
    if len({one.name for one in begun}) != size:
        wrong.append(f"{len({one.name for one in begun})} trainings, expected {size}")
    print(f"  {len(begun)} begun for {size}, {on_their_way} of them since a result that was made")
    print(f"  had not been stored yet, {len(lives)} lives", flush=True)
    return wrong
