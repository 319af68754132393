"""Kills: `kill -9` of the real program, wherever it is; then the same command again.

Each life begins in an empty folder. Its command is killed several times: the whole group, at a
moment or at a file operation drawn at random (any, or one of saving the state of the training,
which is saved again and again); the program alone, without its workers; or a worker alone, as a
system does that runs out of memory. Then it is let go on. What must hold:

    after each kill     nothing that looks whole is wrong; no process is left; a program that lost a
                        worker has said so in one line
    at the end          status 0, and a model.json with the SHA-256 of one from a life undisturbed;
                        no shared memory is left

Semaphores are: Python has a process that removes them, and a kill of the group takes that one too.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.crash import processes
from tests.crash.alike import NETWORKS
from tests.crash.scenarios import Results, results, wrong
from tests.crash.tally import Tally

EXECUTORS = ("serial", "thread", "process")
COMMANDS = {name: ("run", *processes.DATASET, *flags) for name, flags in NETWORKS.items()}
SAVING = {"CRASH_SAVE": "0.002"}
LOST_WORKER = 2  # exit status of a program that read so


@dataclass(frozen=True)
class Undisturbed:
    """A life without a kill: its command, model and results, its seconds, its changes of files."""

    name: str
    command: tuple[str, ...]
    model: str
    results: Results
    seconds: float
    changes: int
    state_changes: int


def undisturbed(folder: Path, name: str) -> Undisturbed:
    """Live once without a kill, counting."""
    changes, command = {}, (*COMMANDS[name], "--workers", "2", "--save", "model.json")
    for place in ("/", ".state"):
        (home := folder / f"undisturbed {name} {len(changes)}").mkdir(parents=True)
        started = time.monotonic()
        process = processes.start(home, *command, **SAVING, CRASH_AT=f"{place}:0")
        process.communicate()
        seconds = time.monotonic() - started
        if process.returncode:
            raise RuntimeError((home / "events").read_text())
        changes[place] = processes.events(home)[-1]["changes"]
    model = processes.sha256(home / "model.json")
    return Undisturbed(name, command, model, results(home), seconds, *changes.values())


def many_lives(
    folder: Path, kills: int, *, names: Iterable[str] = COMMANDS, most: int = 6, seed: int = 0
) -> Tally:
    """Lives, two at a time, until there were so many of them and so many kills; `most` in one.

    names: of the commands, one for each life in turn.
    """
    before = processes.abandoned_memory()
    expected = [undisturbed(folder, name) for name in names]
    total, number = Tally(), 0
    with ThreadPoolExecutor(2) as pool:
        while min(total.counts["kills"], total.counts["lives"]) < kills:
            rng = random.Random(f"{seed} {number}")
            lives = [(number + i, rng.randint(1, most)) for i in range(2 * len(EXECUTORS))]
            number += len(lives)
            done = pool.map(lambda life: _live(folder, *life, expected, seed), lives)
            total = Tally.of([total, *done])
    left = processes.abandoned_memory() - before
    semaphores = {name for name in left if name.startswith(("sem.mp-", "sem.pl-"))}
    for name in semaphores:
        (Path("/dev/shm") / name).unlink(missing_ok=True)
    total.counts["semaphores left"] = len(semaphores)
    total.wrong += [f"/dev/shm/{name} is left" for name in left - semaphores]
    return total


def _live(
    folder: Path, number: int, kills: int, undisturbed: list[Undisturbed], seed: int
) -> Tally:
    tally, rng = Tally(), random.Random(f"life {seed} {number}")
    executor = EXECUTORS[number % len(EXECUTORS)]
    expected = undisturbed[number // len(EXECUTORS) % len(undisturbed)]
    (home := folder / f"life{number}").mkdir(parents=True)
    where = f"{home.name}, {expected.name}, {executor}"
    for kill in range(kills + 1):
        process, how = _start(home, executor, rng, expected, last=kill == kills)
        if not _killed(process, how, rng, expected):
            break
        stage = processes.stage_under_way(home)
        tally.counts.update(["kills", f"kills {how}", f"kills in {stage}"])
        if not processes.group_is_gone(process.pid):
            tally.wrong.append(f"{where}, kill {kill} {how} in {stage}: processes are left")
            os.killpg(process.pid, signal.SIGKILL)
        found = wrong(home, expected.results)
        tally.wrong += [f"{where}, kill {kill} {how} in {stage}: {problem}" for problem in found]
    tally.counts.update(["lives", f"lives with {executor}", f"lives of {expected.name}"])
    if process.returncode:
        tally.wrong.append(f"{where}: needs a hand: {processes.events(home)[-3:]}")
    elif processes.sha256(home / "model.json") != expected.model:
        tally.wrong.append(f"{where}: another model.json")
    else:
        tally.counts["identical models"] += 1
    if not tally.wrong:
        shutil.rmtree(home)
    return tally


def _start(
    home: Path, executor: str, rng: random.Random, expected: Undisturbed, *, last: bool
) -> tuple[subprocess.Popen[bytes], str]:
    ways = ("at a moment", "at a change", "at a change of the state", "alone")
    how = rng.choice((*ways, "of a worker") if executor == "process" else ways)
    environment = {}
    if last:
        how = "never"
    elif how == "at a change":
        environment["CRASH_AT"] = f"/:{rng.randint(1, expected.changes)}"
    elif how == "at a change of the state":
        environment["CRASH_AT"] = f".state:{rng.randint(1, expected.state_changes)}"
    command = (*expected.command, "--executor", executor)
    return processes.start(home, *command, **SAVING, **environment), how


def _killed(
    process: subprocess.Popen[bytes], how: str, rng: random.Random, expected: Undisturbed
) -> bool:
    """Wait for the end, or bring it about; whether anything was killed."""
    if how == "of a worker":
        return _worker_killed(process, rng)
    if how in ("at a moment", "alone"):
        try:
            process.communicate(timeout=rng.uniform(0.05, 1.1 * expected.seconds))
        except subprocess.TimeoutExpired:
            process.kill() if how == "alone" else os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def _worker_killed(process: subprocess.Popen[bytes], rng: random.Random) -> bool:
    """Kill a worker some time after it has begun; whether the program missed it, and said so."""
    killed = False
    while process.poll() is None and not killed:
        for worker in processes.workers(process):
            time.sleep(rng.uniform(0, 0.05))
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
                killed = True
    process.communicate()
    return killed and process.returncode == LOST_WORKER
