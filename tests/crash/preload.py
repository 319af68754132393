"""Preload: a library in C fails the n-th call of the program, below all that Python can see.

The campaign (`calls`) compiles inject.c with gcc, and starts itself anew with that library before
all others. There it imports the program once; each life is a fork of it, in an empty folder:

    a run of a small flow      the n-th call fails with an errno; once more, from then on it works
    the same, undisturbed      ends with the results of a life without a fault

What must hold: status 0, 1 or 2, no traceback, no hang; what looks whole is right; after status 0
all is there. `limits` lets the real program start no more than so many threads and processes.
"""

from __future__ import annotations

import ctypes
import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from tests.crash.processes import DATASET, NETWORK, ROOT
from tests.crash.tally import Tally

EVERY = ("EIO", "ENOSPC", "EINTR")
SOME = ("EMFILE", "ENFILE", "EXDEV", "EINVAL", "EDQUOT", "EROFS", "ENOLCK", "EOPNOTSUPP", "ENOSYS")
STARTS, SHORT = "EAGAIN", "short write"
STARTS_ONLY, WRITES_ONLY = 1, 2  # as in inject.c
WITHIN = 60.0  # seconds
Case = tuple[str, int]  # what fails how, and which call


def library(folder: Path) -> Path | None:
    """The compiled library; None where there is no gcc."""
    if not shutil.which("gcc"):
        return None
    made = folder / "inject.so"
    source = Path(__file__).with_name("inject.c")
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O1", "-Wno-nonnull-compare", "-o", made, source, "-ldl"],
        check=True,
    )
    return made


def calls(folder: Path, every: int = 1, some: int = 20) -> Iterator[Tally]:
    """Fail every `every`-th call with each errno of `EVERY`, every `some`-th with the others.

    Calls that start a thread or a process, and writes, are few: each `every`-th of them.
    """
    if (made := library(folder)) is None:
        yield Tally(figures={"calls": "no gcc"})
        return
    tasks = [(name, start, 2 * every) for name in EVERY for start in (1, 1 + every)]
    tasks += [(name, 1, some) for name in SOME] + [(name, 1, every) for name in (STARTS, SHORT)]
    running: list[subprocess.Popen[str]] = []
    for name, start, stride in tasks:
        command = [sys.executable, "-m", "tests.crash.preload", name, str(start), str(stride)]
        environment = {**os.environ, "LD_PRELOAD": str(made), "PYTHONPATH": str(ROOT)}
        environment["OPENBLAS_NUM_THREADS"] = "1"  # it would start them anew in each fork
        running.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        )
        if len(running) == 2:
            yield _counted(running.pop(0))
    for process in running:
        yield _counted(process)


def _counted(process: subprocess.Popen[str]) -> Tally:
    text, _ = process.communicate()
    if process.returncode:
        return Tally(wrong=[f"the campaign itself ended with {process.returncode}"])
    found = json.loads(text)
    tally = Tally(wrong=found["wrong"])
    tally.counts.update(found["counts"])
    return tally


def one_by_one(name: str, start: int, stride: int, most: int = 10**9) -> Tally:
    """Fail calls start, start + stride, …, each in a life of its own, until there are no more."""
    from tests.crash.scenarios import Scenario, results
    from tests.pipeline.shop import SHOP

    tally, n = Tally(), start
    with tempfile.TemporaryDirectory() as folder:
        scenario = Scenario("shop", SHOP, {"days": "3"})
        scenario.learn(Path(folder) / "learn")
        while n - start < most * stride:
            (home := Path(folder) / str(n)).mkdir()
            status, said, hit = _life(home, name, n)
            if not hit:
                break
            where = f"{name} at call {n} ({hit.replace(str(home), '')})"
            tally.counts.update([f"calls failed with {name}", f"ended with {status}"])
            if status not in (0, 1, 2) or "Traceback" in said:
                tally.wrong.append(f"{where}: status {status}: {said[-600:]}")
            tally.wrong += [f"{where}: {problem}" for problem in scenario.wrong(home)]
            if status == 0 and results(home).keys() < scenario.expected.keys():
                tally.wrong.append(f"{where}: status 0, and not all is there")
            tally.wrong += [f"{where}, then: {problem}" for problem in scenario.heal(home)]
            shutil.rmtree(home)
            n += stride
    return tally


def _life(home: Path, name: str, n: int) -> tuple[int, str, str]:
    """The status of a run whose n-th call failed, what it said, and which call that was."""
    said, hit = home.with_suffix(".said"), home.with_suffix(".hit")
    child = os.fork()
    if child == 0:
        status = 99
        try:
            status = _run(home, name, n, said, hit)
        finally:
            os._exit(status)
    deadline = time.monotonic() + WITHIN
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return -signal.SIGKILL, "it hung", hit.read_text() if hit.exists() else "?"
        time.sleep(0.002)
    text = [path.read_text() if path.exists() else "" for path in (said, hit)]
    return os.waitstatus_to_exitcode(ended[1]), text[0], text[1]


def _run(home: Path, name: str, n: int, said: Path, hit: Path) -> int:
    """In a process of its own: the commands, one after the other, until one fails."""
    from pipeline.cli.main import run_cli
    from pipeline.cli.program import Program, make_cli
    from tests.pipeline.shop import SHOP

    inject = ctypes.CDLL(None)
    inject.inject_hit.restype = ctypes.c_char_p
    kinds = {STARTS: STARTS_ONLY, SHORT: WRITES_ONLY}.get(name, 0)
    number = -1 if name == SHORT else getattr(errno, name)
    os.chdir(home)
    cli = make_cli(Program(SHOP, "shop", "A shop.", "1"))
    reported, status = io.StringIO(), 0
    with redirect_stdout(io.StringIO()), redirect_stderr(reported):
        inject.inject_arm(os.fsencode(home), ctypes.c_long(n), number, kinds)
        try:
            for command in (["run", "--days", "3"], ["gc", "--days", "3"], ["verify"]):
                status = status or run_cli(cli, [*command, "--progress", "lines"])
        except BaseException:
            import traceback

            traceback.print_exc()
            status = 3
        finally:
            inject.inject_disarm()
    said.write_text(reported.getvalue())
    hit.write_bytes(inject.inject_hit())
    return status


def limits(folder: Path, numbers: Iterable[int] = range(1, 65)) -> Iterator[Tally]:
    """The real program on the real flow, which may start only so many threads and processes."""
    if (made := library(folder)) is None:
        return
    for number in numbers:
        (home := folder / f"limit{number}").mkdir()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "INJECT_LIMIT": str(number)}
        environment |= {"LD_PRELOAD": str(made), "TMPDIR": str(home)}
        command = [sys.executable, "-m", "stages", "run", *DATASET, *NETWORK, "--workers", "2"]
        tally = Tally()
        process = subprocess.Popen(
            command, cwd=home, env=environment, process_group=0, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            _, said = process.communicate(timeout=2 * WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            _, said = process.communicate()
            tally.wrong.append(f"limit {number}: it hung: {said[-300:]}")
        tally.counts.update(["limits", f"limits: ended with {process.returncode}"])
        if process.returncode not in (0, 2) or "Traceback" in said:
            tally.wrong.append(f"limit {number}: status {process.returncode}: {said[-600:]}")
        yield tally


if __name__ == "__main__":
    found = one_by_one(sys.argv[1], *map(int, sys.argv[2:]))
    print(json.dumps({"counts": found.counts, "wrong": found.wrong}))
