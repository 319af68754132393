"""The real program, which may wait for a start, save often, and kill itself at a certain operation.

python -m tests.crash.program ARGUMENTS        as `python -m stages ARGUMENTS`, and

CRASH_SAVE=SECONDS     train in segments of so long, with a state after each
CRASH_AT=PLACE:N       kill -9 the whole process group before the N-th change of a file whose
                       path holds PLACE, below the working folder; at the end say how many
                       there were
CRASH_WAIT=1           when all is imported, say so in a line, and begin when stdin ends
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import nullcontext
from pathlib import Path

from tests.crash.watch import CHANGES, Operation, Watcher, watching


class Killer(Watcher):
    """Counts changes, and ends everything at one of them."""

    def __init__(self, place: str, n: int) -> None:
        self.place, self.n, self.changes = place, n, 0

    def before(self, operation: Operation) -> None:
        if operation.kind in CHANGES and self.place in operation.path:
            self.changes += 1
            if self.changes == self.n:
                os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Do what the environment says, then what the command line says."""
    from stages.__main__ import main as program

    if seconds := os.environ.pop("CRASH_SAVE", ""):
        from stages.training import checkpoints as pace

        pace.SEGMENT_SECONDS = pace.FIRST_SAVE_SECONDS = float(seconds)
        pace.SAVING_SHARE = float("inf")
    if os.environ.pop("CRASH_WAIT", ""):
        import stages.cifar10  # noqa: F401

        print("ready", flush=True)
        sys.stdin.read()
    place, _, n = os.environ.pop("CRASH_AT", "").partition(":")
    killer = Killer(place, int(n or 0))
    try:
        with watching(Path.cwd(), killer) if n else nullcontext():
            program()
    finally:
        if n:
            print(json.dumps({"event": "changes", "changes": killer.changes}), file=sys.stderr)


if __name__ == "__main__":
    main()
