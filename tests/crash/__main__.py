"""The campaign: everything in this folder, and its figures in one table.

    python -m tests.crash                   the whole of it: more than an hour on two cores
    python -m tests.crash --short           a sample of each part, in less than a minute
    python -m tests.crash --seconds 600     samples, each another one, for so long
    python -m tests.crash kills crowd       only some parts

Ends with status 1 where anything was wrong, and says how to find it again.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from pipeline.cli.display import align
from tests.crash import parts


def main() -> int:
    """Carry out the campaign that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*parts.PARTS, []], help="default: all")
    parser.add_argument("--short", action="store_true", help="a sample of each part")
    parser.add_argument("--seconds", type=float, help="samples for so long")
    given = parser.parse_args()
    chosen = given.parts or list(parts.PARTS)
    size = parts.SHORT if given.short or given.seconds else parts.FULL
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    campaign = parts.Campaign(folder, size)
    started, broken_off = time.monotonic(), False
    try:
        while True:
            for name in chosen:
                campaign.carry_out(name)
                print(f"{name} done, {len(campaign.wrong())} wrong so far", file=sys.stderr)
            if time.monotonic() - started >= (given.seconds or 0):
                break
    except KeyboardInterrupt:
        broken_off = True
        print("interrupted; below are the parts that came to their end", file=sys.stderr)
    print(align(campaign.table(), right=(2,)), flush=True)
    for problem in campaign.wrong()[:50]:
        print(problem)
    if not campaign.wrong():
        shutil.rmtree(folder)
    return 1 if campaign.wrong() else 130 if broken_off else 0


if __name__ == "__main__":
    sys.exit(main())
