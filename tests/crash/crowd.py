"""Crowd: many processes start at once on the same empty folder.

    cold start      each stage runs in exactly one of them; the others wait, say for whom, and reuse
    killed holder   who holds the lock of a stage is killed, again and again: the next one goes on
    gc beside       garbage is collected while the others run: nothing that they need is deleted

At the end all of them have the same results, and every one is whole.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from subprocess import Popen

from tests.crash import processes
from tests.crash.scenarios import Results, results, wrong
from tests.crash.tally import Tally

COMMAND = ("run", *processes.SMALL, "--executor", "thread")
COLLECT = ("gc", "--unused-days", "1000")
Crowd = Mapping[str, Popen[bytes]]  # by the name of what each reports


def alone(folder: Path) -> Results:
    """The results of one process on its own."""
    (home := folder / "alone").mkdir(parents=True)
    process = processes.start(home, *COMMAND)
    process.communicate()
    return results(home)


def cold_start(home: Path, number: int, expected: Results) -> Tally:
    """All start at once, with some collectors of garbage among them."""
    crowd = _gather(home, number)
    return _end(home, crowd, expected, killed=0)


def killed_holders(home: Path, number: int, expected: Results, *, kills: int, seed: int) -> Tally:
    """All start at once, and who works is killed, up to `kills` times."""
    crowd, rng = _gather(home, number), random.Random(seed)
    members, killed = {process.pid: process for process in crowd.values()}, 0
    while killed < kills and any(process.poll() is None for process in crowd.values()):
        time.sleep(rng.uniform(0, 0.05))
        for owner in home.glob("artifacts/.locks/*.lock"):
            with suppress(OSError, LookupError):  # it has let go, or has not said so, or was killed
                holder = members.pop(int(owner.read_text().split()[-1]))
                os.killpg(holder.pid, signal.SIGKILL)
                killed += 1
                break
    return _end(home, crowd, expected, killed=killed)


def _gather(home: Path, number: int) -> Crowd:
    """Start the processes and a few collectors; when all are ready, let them begin."""
    home.mkdir(parents=True)
    commands = {f"run{i}": COMMAND for i in range(number)}
    commands |= {f"gc{i}": COLLECT for i in range(max(number // 20, 1))}
    crowd = {
        name: processes.start(home, *command, log=name, CRASH_WAIT="1", CRASH_SAVE="0.01")
        for name, command in commands.items()
    }
    for process in crowd.values():
        process.stdout.readline()
    for process in crowd.values():
        process.stdin.close()
    return crowd


def _end(home: Path, crowd: Crowd, expected: Results, *, killed: int) -> Tally:
    """Wait for all, and check what they did."""
    tally, ran = Tally(), Counter()
    where = home.name
    for name, process in crowd.items():
        text = process.stdout.read()
        status = process.wait()
        tally.counts[f"ended with {status}"] += 1
        if status == 0 and name.startswith("run"):
            stages = json.loads(text)["stages"]
            ran.update(stage["name"] for stage in stages if stage["status"] == "ran")
        reported = [event["event"] for event in processes.events(home, name)]
        tally.counts["said that they wait"] += "waiting" in reported
        if status not in (0, -signal.SIGKILL):
            tally.wrong.append(f"{where}, {name}: {processes.events(home, name)[-3:]}")
        process.stdout.close()
    tally.counts.update({"starts": 1, "processes": len(crowd), "holders killed": killed})
    if tally.counts[f"ended with {-signal.SIGKILL}"] != killed:
        tally.wrong.append(f"{where}: {killed} were killed, {dict(tally.counts)}")
    for stage in {key.stage for key in expected}:
        if ran[stage] > 1 or (ran[stage] < 1 and not killed):
            tally.wrong.append(f"{where}: {stage} ran {ran[stage]} times")
    found = results(home)
    tally.wrong += [f"{where}: {problem}" for problem in wrong(home, expected)]
    tally.wrong += [f"{where}: {key} is missing" for key in expected.keys() - found.keys()]
    if not tally.wrong:
        shutil.rmtree(home)
    return tally
