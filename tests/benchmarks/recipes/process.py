"""A process that is asked line by line; how it ended is in what it wrote to stderr."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

PATIENCE = 30  # seconds that a process has to end by itself


class Ended(Exception):
    """It ended early; the message is what it said last."""


class Process:
    """Python with these arguments; signals go to `pid`."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed in `close`)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._errors}
        self._process = subprocess.Popen(
            [sys.executable, *arguments], text=True, env=environment, **pipes
        )
        self.pid = self._process.pid

    def say(self, line: str) -> None:
        """Write a line to it."""
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def line(self) -> str:
        """Its next line. Raises Ended where there is none."""
        if line := self._process.stdout.readline():
            return line
        self._process.wait()
        self._errors.seek(0)
        raise Ended(self._errors.read()[-3000:])

    def close(self, kill: bool = False) -> None:
        """Let it come to its end, or end it."""
        self._process.stdin.close()
        try:
            if kill:
                self._process.kill()
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()
