"""The ablation: what each component of recipe `fast-dense` is worth, on validation images.

    python -m tests.ablation --source cifar.tar.gz
    python -m tests.ablation --source cifar.tar.gz --epochs 3 --seeds 0 --only gray no-whitening

Each row is trained by the real program, with each seed. All it makes is cached: break it off, add a
row or a seed, and run it again; only what is missing is trained. The test images play no part.
Other flags of the program can be given as environment variables (PIPELINE_DATA_DIR), for all rows.
Prints a table; writes ablation.json, and ablation.png where Matplotlib is installed.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from stages.neuralnet.processor import cores
from tests.ablation import figures
from tests.ablation.plot import draw
from tests.ablation.rows import RECIPE, ROWS
from tests.ablation.trainings import carry_out, common_flags, train
from tests.benchmarks.machine import machine


def main() -> int:
    """Carry out what the command line asks for: exit status 1 where a row came to nothing."""
    given = arguments()
    rows = [ROWS[name] for name in given.only or ROWS]
    common = common_flags(given.source, given.artifacts_dir, given.epochs)
    print("Only what is missing in the cache is trained; break off and go on as you like.")
    try:
        found = carry_out(
            rows, given.seeds, given.jobs, partial(train, common), partial(print, flush=True)
        )
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    summary = figures.summarize(found)
    dataset = next(iter(found[0].results.values())).dataset
    title = dataset if given.epochs is None else f"{dataset}, {given.epochs} epochs"
    title += f"; seeds {', '.join(map(str, given.seeds))}"
    print(f"\n{title}: mean ± standard deviation, Δ: beside {RECIPE}, paired by seed")
    print(figures.table(summary))
    write(given, dataset, title, summary)
    return 0 if all(row["plain"] for row in summary) else 1


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.ablation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--source", default="auto", help="where the dataset comes from")
    parser.add_argument("--seeds", type=at_least(0), nargs="+", default=[0, 1, 2], metavar="N")
    parser.add_argument("--epochs", type=at_least(1), help="default: those of the recipe")
    parser.add_argument(
        "--only", nargs="+", choices=ROWS, metavar="NAME", help=f"rows: {', '.join(ROWS)}"
    )
    parser.add_argument(
        "--jobs", type=at_least(1), default=cores(), help="trainings at a time, a core each"
    )
    parser.add_argument("--artifacts-dir", default="artifacts", help="folder of cached results")
    parser.add_argument("--out", type=Path, default=Path("artifacts"), help="folder of the figures")
    given = parser.parse_args()
    given.seeds = list(dict.fromkeys(given.seeds))
    return given


def at_least(least: int) -> Any:
    """What makes a whole number, no smaller than that, of an argument."""

    def number(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"expected at least {least}, found {text}")
        return int(text)

    number.__name__ = "whole number"  # as argparse calls it in "invalid … value"
    return number


def write(
    given: argparse.Namespace, dataset: str, title: str, summary: list[dict[str, Any]]
) -> None:
    """The figures as JSON, and as a picture."""
    document = {
        "machine": machine(),
        "source": given.source,
        "dataset": dataset,
        "recipe": RECIPE,
        "epochs": given.epochs,
        "seeds": given.seeds,
        "jobs": given.jobs,
        "rows": summary,
    }
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "ablation.json").write_text(json.dumps(document, indent=1), "utf-8")
    drawn = draw(summary, title, given.out / "ablation.png")
    print(f"figures: {given.out}/ablation.json", end="")
    print(f", {given.out}/ablation.png" if drawn else " (no plot: Matplotlib is missing)")


if __name__ == "__main__":
    sys.exit(main())
