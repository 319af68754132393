"""Every recipe, activation, norm, precision, preprocessing and ensemble, exported and compared.

    python -m tests.export [--source synthetic] [--images 5000] [--only TEXT]

Prints, for each training, the largest difference of any probability of any test image, and how many
predictions differ where the two best classes are clearly apart. Ends with 1 where one is too large.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from pipeline.cli.program import make_cli
from stages.cifar10 import PROGRAM
from stages.commands.add import add_to
from tests.export.comparison import Comparison
from tests.export.rows import ROWS
from tests.stages.modelfile.formats.agreement import ALIKE


def main() -> int:
    """Compare row by row; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.export")
    parser.add_argument("--source", default="synthetic", help="as of `pipeline run`")
    parser.add_argument("--images", type=int, default=5000, help="of the synthetic source")
    parser.add_argument("--only", default="", help="rows with this text in their name")
    options = parser.parse_args()
    source = ["--source", os.path.abspath(options.source)]
    if not os.path.exists(options.source):
        source = ["--source", options.source, "--synthetic-size", str(options.images)]
    versions = f"ONNX {onnx.__version__}, ONNX Runtime {onnxruntime.__version__}"
    print(f"{versions}, NumPy {np.__version__}: largest difference of a probability")
    print(f"{'':40}{'images':>8}{'onnx':>10}{'python':>10}  predictions that differ")
    worst, wrong = 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        group = add_to(make_cli(PROGRAM), PROGRAM)
        comparison = Comparison(group, Path(folder), source)
        for name, flags in ROWS.items():
            if options.only not in name:
                continue
            count, found = comparison.compare(flags)
            figures = "".join(f"{one.difference:10.1e}" for one in found.values())
            differing = sum(one.predictions for one in found.values())
            print(f"{name:40}{count:8,}{figures}  {differing}", flush=True)
            worst = max(worst, *(one.difference for one in found.values()))
            wrong += differing
    print(f"largest: {worst:.1e}, of {ALIKE:.0e} allowed; {wrong} predictions differ")
    return int(worst > ALIKE or wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
