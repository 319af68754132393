"""The campaign: searches on a real Dask cluster, and a remote with S3's interface.

    python -m tests.cluster                the whole: the grid of 96, 10 kills of each, 50 cuts
    python -m tests.cluster --short        12 trials, 2 kills of each, 5 cuts
    python -m tests.cluster same client    only some parts: same, client, scheduler, remote

Needs the extra `cluster`. Ends with status 1 where anything was wrong.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.cluster.kills import killed_again_and_again
from tests.cluster.namespaces import can_separate
from tests.cluster.remote import cut_and_changed
from tests.cluster.same import same_everywhere


def main() -> int:
    """Carry out the parts that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=["same", "client", "scheduler", "remote", []])
    parser.add_argument("--short", action="store_true", help="a sample of each part")
    parser.add_argument("--seed", type=int, default=0, help="of the random instants")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and what was started ends, too
    seed: int = given.seed
    size, kills, cuts = (12, 2, 5) if given.short else (96, 10, 50)
    folder = Path(tempfile.mkdtemp(prefix="cluster-"))
    print("addresses:", "namespaces" if can_separate() else "127.0.0.1 (namespaces skipped)")
    parts: dict[str, tuple[str, Callable[[Path], list[str]]]] = {
        "same": (f"{size} trials on four executors", lambda f: same_everywhere(f, size)),
        **{
            victim: (
                f"killed {kills} times",
                partial(killed_again_and_again, size=size, victim=victim, times=kills, seed=seed),
            )
            for victim in ("client", "scheduler")
        },
        "remote": (f"{cuts} cuts of each way", lambda f: cut_and_changed(f, cuts, seed)),
    }
    failed = False
    for name in given.parts or parts:
        words, carry_out = parts[name]
        started = time.monotonic()
        wrong = carry_out(folder / name)
        failed |= bool(wrong)
        print(
            f"{name}: {words}, {time.monotonic() - started:.0f} s, {len(wrong)} wrong", flush=True
        )
        for one in wrong[:20]:
            print(f"  {one}")
    if not failed:
        shutil.rmtree(folder)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
