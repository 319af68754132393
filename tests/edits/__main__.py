"""`python -m tests.edits [WORD…]`: all edits of cases*.json, or those whose names have a word.

Prints a line for each that is not right, and the counts. Exit status 1: one is wrong or broken.
"""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.edits.edits import KINDS, load_cases, verdict


def main(words: list[str]) -> int:
    cases = [one for one in load_cases() if not words or any(w in one["name"] for w in words)]
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(2) as pool:
        for one, (found, why) in zip(cases, pool.map(verdict, cases), strict=True):
            counts[found] += 1
            if found != "right":
                print(f"{found:<8} {one['name']}   {why}")
    print(f"{len(cases)} edits: " + ", ".join(f"{counts[kind]} {kind}" for kind in KINDS))
    return int(counts["wrong"] + counts["broken"] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
