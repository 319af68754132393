"""The benchmarks: `make bench`, or `python -m tests.benchmarks [PART…]`.

    step          the gradient step beside its peers and its limit
    components   what each component of a training costs a step, here and in PyTorch
    anatomy       where the time of one step goes
    scaling       how the cost of training grows
    costs         start-up, preprocessing, model files, predictions
    recipes       whole recipes beside PyTorch; has flags of its own (recipes --help), runs alone

Prints tables; writes all figures to bench.json and a plot to bench.png in the folder of --out.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks import anatomy, component_tables, components, costs, scaling, step
from tests.benchmarks.machine import machine
from tests.benchmarks.plot import draw
from tests.benchmarks.recipes.__main__ import main as recipes
from tests.benchmarks.record import record
from tests.benchmarks.reference import REFERENCES, make_data

PARTS = ("step", "components", "anatomy", "scaling", "costs")


def main() -> None:
    """Run the parts that were asked for, all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    choice = {"choices": [*PARTS, []], "metavar": "|".join(PARTS)}
    parser.add_argument("parts", nargs="*", default=[], **choice)
    parser.add_argument("--turns", type=int, default=7, help="epochs of each contestant")
    parser.add_argument("--networks", default="abcd", help="which reference networks")
    parser.add_argument("--out", type=Path, default=Path("artifacts"), help="folder of the results")
    given = parser.parse_args()
    parts = given.parts or PARTS
    found: dict[str, Any] = {"machine": machine()}
    print(*(f"{name}: {value}" for name, value in found["machine"].items()), sep="   ", end="\n\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if {"step", "anatomy"} & set(parts):
            make_data(folder)
        if "step" in parts:
            keys = [key for key in REFERENCES if key in given.networks]
            found["step"] = step.measure(folder, given.turns, keys)
            print(step.table(found["step"]), end="\n\n", flush=True)
        if "components" in parts:
            found["components"] = components.measure(folder, given.turns)
            print(component_tables.tables(found["components"]), end="\n\n", flush=True)
        if "anatomy" in parts:
            found["anatomy"] = anatomy.measure(folder, given.networks)
            print(anatomy.table(found["anatomy"]), end="\n\n", flush=True)
        if "scaling" in parts:
            found["scaling"] = scaling.measure(folder)
            print(scaling.table(found["scaling"]), end="\n\n", flush=True)
        if "costs" in parts:
            found["costs"] = costs.measure(folder)
            print(costs.table(found["costs"]), end="\n\n", flush=True)
    record(given.out, found)
    drawn = draw(found, given.out / "bench.png")
    print(f"figures: {given.out}/bench.json", end="")
    print(f", {given.out}/bench.png" if drawn else " (no plot: Matplotlib is missing)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["recipes"]:
        sys.exit(recipes(sys.argv[2:]))
    main()
