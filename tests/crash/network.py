"""Network: the real download before servers whose answers never end (endless.py).

Each part of HTTP that may be endless, sent as fast as it goes or a byte or two at a time; some of
them also as the answer of a proxy, and where TLS is expected. What must hold: the download ends
within a minute of its first request, with one line and status 2, and its text holds no control
characters. It runs in a process of its own, with its real limits:
`python -m tests.crash.network URL`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import click

from pipeline.cli.main import run_cli
from pipeline.context import Context
from stages.dataset.formats.kinds import check_download
from stages.dataset.sources.transfer import fetch
from tests.crash import endless
from tests.crash.endless import CASES
from tests.crash.processes import ROOT
from tests.crash.tally import Tally

WITHIN = 60.0  # seconds
ELSEWHERE = {
    "status line, slow",
    "headers, fast",
    "headers, slow",
    "nothing, fast",
    "no HTTP, fast",
}
AT_ONCE = 16


def every_answer(folder: Path, cases: Sequence[str] = CASES) -> Iterator[Tally]:
    """Download from a server of each kind, many at a time, each in a process of its own."""
    tasks = [(case, "direct") for case in cases]
    tasks += [(case, way) for case in cases if case in ELSEWHERE for way in ("by proxy", "tls")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        homes = [folder / str(number) for number in range(len(tasks))]
        yield from pool.map(_one, homes, tasks)


def _one(home: Path, task: tuple[str, str]) -> Tally:
    case, way = task
    home.mkdir(parents=True)
    tally = Tally()
    with ExitStack() as stack:
        asked: list[float] = []
        url = stack.enter_context(
            endless.serving(case, asked=lambda: asked.append(time.monotonic()))
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "no_proxy": "127.0.0.1"}
        if way == "by proxy":
            environment |= {"https_proxy": url.rpartition("/")[0], "no_proxy": ""}
            url = "https://archive.example/archive.tar.gz"
        elif way == "tls":
            url = url.replace("http:", "https:")
        command = [sys.executable, "-m", "tests.crash.network", url]
        process = subprocess.Popen(
            command, cwd=home, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            _, said = process.communicate(timeout=5 * WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            _, said = process.communicate()
        seconds = time.monotonic() - min(asked, default=0.0)  # since the first request
    text = said.decode("utf-8", "replace")
    tally.counts.update(["answers", f"answers {way}"])
    tally.figures["longest"] = f"{seconds:.1f} s ({case}, {way})"
    where = f"{case}, {way}"
    if seconds > WITHIN:
        tally.wrong.append(f"{where}: {seconds:.0f} s")
    if process.returncode != 2 or "Traceback" in text:
        tally.wrong.append(f"{where}: status {process.returncode}: {text[-500:]}")
    if any(not c.isprintable() and c != "\n" for c in text):
        tally.wrong.append(f"{where}: unprintable: {text!r:.300}")
    return tally


def longest(tallies: Sequence[Tally]) -> Tally:
    """The sum, whose figure is the longest of all."""
    total = Tally.of(tallies)
    slowest = max(tallies, key=lambda tally: float(tally.figures["longest"].partition(" ")[0]))
    total.figures = dict(slowest.figures)
    return total


class _Spoken(Context):
    """Says on stderr what a download has to say."""

    def info(self, message: str) -> None:
        print(message, file=sys.stderr)

    warn = info


@click.command()
@click.argument("url")
def _download(url: str) -> None:
    fetch([url], Path("archive.tar.gz"), check=check_download, context=_Spoken())


if __name__ == "__main__":
    sys.exit(run_cli(_download))
