"""The campaign's command line."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    """Run a campaign, or one input of it; 1 where there are findings."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from tests.fuzz.campaign import campaign, case, table
    from tests.fuzz.decoders import load

    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="how many, over all decoders")
    parser.add_argument("--seconds", type=float, default=3600, help="at most so long")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(load()), action="append", metavar="DECODER")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--input", type=int, metavar="N", help="read the N-th input only")
    given = parser.parse_args()
    names = given.only or list(load())
    if given.input is not None:
        decoder = load()[names[0]]
        made = case(decoder, names[0], given.seed, given.input)
        print(repr(made)[:4000])
        with tempfile.TemporaryDirectory() as folder:
            print("accepted:", decoder.read(made, Path(folder)))
        return 0
    started = time.monotonic()
    tallies = campaign(names, given.inputs, given.seed, given.seconds, given.processes)
    print(f"\r{table(tallies)}\n\n{time.monotonic() - started:.0f} s, seed {given.seed}")
    for name, tally in tallies.items():
        for number, finding in tally.findings[:8]:
            print(f"\n--only '{name}' --seed {given.seed} --input {number}\n{finding}")
    return int(any(tally.undeclared for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
