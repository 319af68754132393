"""The gradient step beside its peers and its limit, on the four reference networks.

Contestants take turns, epoch by epoch, so whatever else the machine does meets all of them alike.
Ratios are taken within a turn; what is reported is their median.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.cli.display import align
from tests.benchmarks.contestants import KINDS
from tests.benchmarks.reference import REFERENCES

OURS, NUMBA = "ours", "ours, numba"
REST = 0.3  # seconds before a turn: the threads of the one before spin on for some time


def measure(folder: Path, turns: int, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Images per second of each contestant, turn by turn, for each reference network."""
    found = {}
    for key in keys:
        contestants = {kind: _start(kind, key, folder) for kind in KINDS}
        missing = [kind for kind, process in contestants.items() if process is None]
        present = {kind: process for kind, process in contestants.items() if process}
        rates: dict[str, list[float]] = {kind: [] for kind in present}
        for _ in range(turns):
            for kind, process in present.items():
                time.sleep(REST)
                process.stdin.write("go\n")
                process.stdin.flush()
                rates[kind].append(float(process.stdout.readline()))
        for process in present.values():
            process.stdin.close()
            process.wait()
        found[str(REFERENCES[key])] = {"rates": rates, "missing": missing}
    return found


def _start(kind: str, key: str, folder: Path) -> subprocess.Popen | None:
    """A contestant that is warm; None where its library is not installed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.contestants", kind, key, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if process.stdout.readline() == "ready\n":
        return process
    error = process.communicate()[1]
    if "ModuleNotFoundError" in error:
        return None
    raise RuntimeError(f"{kind} could not be started: {error}")


def table(found: dict[str, dict[str, Any]]) -> str:
    """Medians with their spread, and the median ratios of ours, by NumPy and by numba, to each."""
    rows = [["network, batch", "contestant", "images/s", "min", "max", "ours is", "by numba"]]
    for name, result in found.items():
        for kind, rates in result["rates"].items():
            ratios = (
                f"{ratio_to(result['rates'], kind, one):.2f} ×"
                if kind != one and one in result["rates"]
                else ""
                for one in (OURS, NUMBA)
            )
            figures = (statistics.median(rates), min(rates), max(rates))
            rows.append([name, kind, *(f"{figure:,.0f}" for figure in figures), *ratios])
        for kind in result["missing"]:
            rows.append([name, kind, "missing: pip install -e '.[bench,compiled]'", *[""] * 5])
    return align(rows, right=(2, 3, 4, 5, 6))


def ratio_to(rates: dict[str, list[float]], kind: str, ours: str = OURS) -> float:
    """How many times as fast as `kind` ours is: the median over the turns."""
    return statistics.median(a / b for a, b in zip(rates[ours], rates[kind], strict=True))
