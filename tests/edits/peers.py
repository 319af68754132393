"""Peers: the same edits to the same programs, whose stages another library caches.

    python -m tests.edits.peers LIBRARY… [--python PYTHON] [--cases FILE]

PYTHON is one where the libraries are installed (libraries.py says which are known). Prints the
counts of each library, and with --verbose a line for each edit that is not right.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.edits.edits import HERE, KINDS, verdict
from tests.edits.libraries import LIBRARIES


@contextmanager
def standing_in() -> Iterator[Path]:
    """A folder with a package `pipeline` that is the stand-in."""
    with tempfile.TemporaryDirectory() as name:
        (package := Path(name) / "pipeline").mkdir()
        shutil.copy(HERE / "libraries.py", package / "libraries.py")
        for file in ("__init__", "stage", "graph"):
            text = "from pipeline.libraries import Option, Pipeline, run, stage\n"
            (package / f"{file}.py").write_text(text)
        yield Path(name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("libraries", nargs="+", choices=sorted(LIBRARIES))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--cases", type=Path, default=HERE / "cases.json")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    cases = json.loads(given.cases.read_text("utf-8"))
    for library in given.libraries:
        os.environ["LIBRARY"] = library
        with standing_in() as folder, ThreadPoolExecutor(2) as pool:
            counts: Counter[str] = Counter()
            one = partial(verdict, python=given.python, path=folder)
            for case, (found, why) in zip(cases, pool.map(one, cases), strict=True):
                counts[found] += 1
                if given.verbose and found != "right":
                    print(f"{found:<8} {case['name']}   {why}", file=sys.stderr)
        print(f"{library}: " + ", ".join(f"{counts[kind]} {kind}" for kind in KINDS), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
