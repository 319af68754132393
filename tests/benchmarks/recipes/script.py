"""A script of somebody else's as one more contestant: run as it is, stopped between its lines.

    SCRIPT eager|compile EPOCHS ARCHIVE

prints something when it is ready, then for each epoch `number seconds loss`, and at the end a line
`test ACCURACY ACCURACY …`, plain and with flip TTA. While others have their turns its process is
stopped by a signal, so seconds are measured here, from the signal that it goes on to its next line.
"""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

from tests.benchmarks.recipes.process import Process

EPOCH = re.compile(r"\d+ [\d.]+ (?P<loss>[\d.]+)")
TEST = re.compile(r"test (?P<plain>[\d.]+) (?P<tta>[\d.]+)")


class Script:
    """The process, with the calls of a `Contestant`; it trains once."""

    def __init__(self, path: Path, mode: str, epochs: int, archive: str) -> None:
        begin = time.perf_counter()
        self._path, self._epochs = path, epochs
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}  # each line as it is printed
        self._process = Process([str(path), mode, str(epochs), archive], environment)
        self._process.line()
        self._signal(signal.SIGSTOP)
        self.started = time.perf_counter() - begin
        self._accuracies: list[float] | None = None

    def begin(self, seed: int) -> None:
        """It has a seed of its own."""

    def epoch(self, epoch: int) -> dict[str, float]:
        """Let it go on to the end of an epoch; after the last one it also tells accuracies."""
        begin = time.perf_counter()
        self._signal(signal.SIGCONT)
        line = self._process.line()
        seconds = time.perf_counter() - begin
        loss = float(self._match(EPOCH, line)["loss"])
        if epoch + 1 == self._epochs:
            test = self._match(TEST, self._process.line())
            self._accuracies = [float(test[name]) for name in ("plain", "tta")]
        else:
            self._signal(signal.SIGSTOP)
        return {"seconds": seconds, "loss": loss}

    def score(self) -> list[float] | None:
        """Accuracies, once it has told them."""
        return self._accuracies

    def close(self) -> None:
        """End the process, whether it was done or not."""
        self._process.close(kill=True)

    def _signal(self, number: int) -> None:
        os.kill(self._process.pid, number)

    def _match(self, pattern: re.Pattern[str], line: str) -> re.Match[str]:
        if found := pattern.match(line):
            return found
        raise ValueError(f"{self._path}: expected a line such as {pattern.pattern}, found {line!r}")
