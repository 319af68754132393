"""The whole job on real images, as its user runs it.

    python -m tests.end_to_end.real_images ARCHIVE

Runs the program itself in fresh folders, checks what must hold, and prints what it measured.
ARCHIVE is one in the official binary layout; where there is none, say `synthetic`.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROGRAM = [sys.executable, "-m", "stages"]
SHORT = ("--epochs", "2")


class Checks:
    """Runs the program on one archive, in one folder, and prints each finding as it is made."""

    def __init__(self, archive: str, folder: Path) -> None:
        self.archive, self.folder = archive, folder

    def call(self, *arguments: str, artifacts: str = "artifacts", check: bool = True) -> Any:
        """Run a command with --json and return its document."""
        command = self.command(*arguments, artifacts=artifacts)
        done = subprocess.run(command, capture_output=True, text=True)
        if check and done.returncode:
            raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr[-2000:]}")
        return json.loads(done.stdout) if done.returncode == 0 else done

    def command(self, *arguments: str, artifacts: str = "artifacts") -> list[str]:
        name, *rest = arguments
        folders = ["--artifacts-dir", str(self.folder / artifacts)]
        folders += ["--data-dir", str(self.folder / "data")]
        return [*PROGRAM, name, "--source", self.archive, *folders, "--json", *rest]

    def say(self, what: str, found: Any) -> None:
        print(f"{what:<58} {found}", flush=True)

    def statuses(self, document: Any) -> dict[str, str]:
        return {stage["name"]: stage["status"] for stage in document["stages"]}

    def ran(self, document: Any) -> list[str]:
        return [name for name, status in self.statuses(document).items() if status == "ran"]


def sha256(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def preprocess_in_bounded_memory(checks: Checks) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    started = time.perf_counter()
    document = checks.call("preprocess")
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    stored = sum(record["bytes"] for record in document["artifacts"].values())
    checks.say("preprocess, from the archive to where training can start", f"{seconds:.2f} s")
    checks.say("  bytes stored", f"{stored:,}")
    checks.say("  time to copy as many bytes (read, write, fsync)", f"{copy_time(checks):.2f} s")
    checks.say("  peak resident memory", f"{peak} MB")
    assert peak <= 250, f"expected at most 250 MB, found {peak} (before: {before // 1024})"


def copy_time(checks: Checks) -> float:
    """Seconds to copy every stored file, each fsynced."""
    started = time.perf_counter()
    for path in sorted((checks.folder / "artifacts").rglob("*.npy")):
        target = checks.folder / "copy"
        with path.open("rb") as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 22)
            sink.flush()
            os.fsync(sink.fileno())
        target.unlink()
    return time.perf_counter() - started


def the_whole_job(checks: Checks) -> None:
    started = time.perf_counter()
    document = checks.call("run")
    test, seconds = document["test"], time.perf_counter() - started
    checks.say("run with default flags: seconds", f"{seconds:.1f}")
    for part in ("validation", "test"):
        scores = document[part]
        checks.say(f"  {part} accuracy, loss", f"{scores['accuracy']:.2%}, {scores['loss']:.4f}")
    assert test["accuracy"] > 0.40
    assert len(test["confusion"]) == 10
    assert sum(map(sum, test["confusion"])) == test["images"]
    assert {"dataset", "validation", "epochs", "model", "stages"} <= set(document)
    assert Path(document["model"]).is_file()


def nothing_is_computed_twice(checks: Checks) -> None:
    assert set(checks.statuses(checks.call("run")).values()) == {"cached"}
    ran = checks.ran(checks.call("run", "--lr", "0.02", *SHORT))
    assert ran == ["train", "evaluate", "serialize"], ran
    ran = checks.ran(checks.call("run", "--color", *SHORT))
    assert ran[0] == "preprocess", ran
    assert not {"download", "decode", "split"} & set(ran), ran
    assert checks.ran(checks.call("run")) == []
    checks.say("cached again after --lr and --color", "yes")
    pairs = []
    for _ in range(7):
        pairs.append(
            (clock(checks.command("run")), clock([sys.executable, "-c", "import click, tqdm"]))
        )
    ours, imports = (statistics.median(column) for column in zip(*pairs, strict=True))
    checks.say(
        "run with everything cached, against 'import click, tqdm'",
        f"{ours * 1000:.0f} ms / {imports * 1000:.0f} ms = {ours / imports:.2f}",
    )


def clock(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def the_same_bits(checks: Checks) -> str:
    found = {}
    for workers in (1, 2, 3, 4, 8):
        fresh_training(checks)
        document = checks.call("run", *SHORT, "--workers", str(workers))
        found[workers] = sha256(document["model"])
    assert len(set(found.values())) == 1, found
    fresh_training(checks)
    document = checks.call("run", *SHORT, "--executor", "process", "--workers", "2")
    assert sha256(document["model"]) == found[1]
    checks.say("SHA-256 of the model with 1, 2, 3, 4, 8 workers", found[1][:16])
    other = sha256(checks.call("run", *SHORT, "--seed", "1")["model"])
    assert other != found[1]
    return found[1]


def fresh_training(checks: Checks) -> None:
    """Forget trainings and what follows; what comes before stays."""
    for stage in ("train", "evaluate", "serialize"):
        shutil.rmtree(checks.folder / "artifacts" / stage, ignore_errors=True)


def killed_and_taken_up(checks: Checks, expected: str) -> None:
    for delay in (1.0, 2.0, 3.0):
        fresh_training(checks)
        process = subprocess.Popen(
            checks.command("run", *SHORT),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert sha256(checks.call("run", *SHORT)["model"]) == expected
    checks.say("SHA-256 after kill -9 at 1, 2, 3 s and the same command", expected[:16])


def main(archive: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        checks = Checks(archive, Path(folder))
        preprocess_in_bounded_memory(checks)
        the_whole_job(checks)
        nothing_is_computed_twice(checks)
        killed_and_taken_up(checks, the_same_bits(checks))


if __name__ == "__main__":
    main(sys.argv[1])
