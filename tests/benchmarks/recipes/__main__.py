"""The benchmark that users care about: whole recipes, beside the same flow in PyTorch.

    python -m tests.benchmarks recipes SOURCE [--recipes fast-dense,fast] [--turns N] [--seeds N]
                                              [--naive PATH]

Each recipe is trained by this project, by PyTorch as well as it can be written (eager, and by
`torch.compile`), and its matrix products are carried out alone; see race.py. SOURCE: as --source of
the program. Prints tables; adds all figures to bench.json in the folder of --out.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

from pipeline.errors import UserError
from tests.benchmarks.machine import machine
from tests.benchmarks.recipes import race, tables
from tests.benchmarks.recipes.contestant import KINDS
from tests.benchmarks.recipes.task import Task
from tests.benchmarks.record import record

RECIPES = "fast-dense,fast,best,gray"
SCRIPTED = "fast-dense"


def main(words: list[str] | None = None) -> int:
    """Measure what the command line asks for; exit status 2 where it cannot be."""
    given = arguments(words)
    shown = partial(print, file=sys.stderr, flush=True)
    found = {"machine": machine()}
    print(*(f"{name}: {value}" for name, value in found["machine"].items()), sep="   ", end="\n\n")
    try:
        epochs = {"epochs": given.turns} if given.turns else {}
        tasks = [
            Task.prepare(name, given.out, source=given.source, **epochs)
            for name in given.recipes.split(",")
        ]
        found["recipes"] = {}
        with tempfile.TemporaryDirectory() as folder:
            for task in tasks:
                script = given.naive if task.name == SCRIPTED else None
                measured = race.measure(
                    task, Path(folder), list(range(given.seeds)), given.kinds, script, shown
                )
                found["recipes"][task.name] = measured
                record(given.out, {"recipes": found})
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(tables.tables(found["recipes"]))
    print(f"\nfigures: {given.out}/bench.json")
    return 0


def arguments(words: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks recipes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SOURCE", help="where the dataset comes from")
    parser.add_argument(
        "--recipes", default=RECIPES, help=f"names or TOML files; by default {RECIPES}"
    )
    parser.add_argument(
        "--turns", type=int, help="epochs of each training, its schedule in proportion; "
        "by default the recipe's"
    )  # fmt: skip
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each")
    parser.add_argument(
        "--naive",
        type=Path,
        metavar="PATH",
        help=f"a script of {SCRIPTED}, as script.py has it",
    )
    parser.add_argument(
        "--kinds", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND",
        help=f"contestants: {', '.join(KINDS)}",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, default=Path("artifacts"), help="folder of the results")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
