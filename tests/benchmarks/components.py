"""What each component costs a step, beside the same step without it, here and in PyTorch.

Both steps of a comparison take turns; what is reported is the median of the ratios within a turn.
For whitening there is a lower limit, its matrix product alone. How much of a step goes into making
the batches is documented in feeding.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from stages.neuralnet.processor import OneBlasThread
from tests.benchmarks import feeding
from tests.benchmarks.costs import median_seconds
from tests.benchmarks.makings import (
    AUGMENTATION,
    EVERYTHING,
    RECIPE,
    Case,
    Chosen,
    cases,
    steps_of,
    trainer,
)
from tests.benchmarks.turns import Pairs, Way, compare, warm_up

WORKERS = {"1 worker": 1, "default": None}
WARM = {"1 worker": 0.5, "default": 2.5}  # seconds; by default the program tries out workers first
FED = {"recipe fast-dense": RECIPE, "everything": EVERYTHING}


def measure(folder: Path, turns: int) -> dict[str, Any]:
    """By network and batch: seconds of steps without and with each component, turn by turn."""
    return {str(case): measure_case(case, folder, turns) for case in cases()}


def measure_case(case: Case, folder: Path, turns: int) -> dict[str, Any]:
    """Added: what one component does; fed: what augmentation does to a whole recipe."""
    added = case.comparisons()
    fed = {name: (whole.difference(AUGMENTATION), whole) for name, whole in FED.items()}
    return {
        "batch": case.batch,
        "added": {
            "ours": {who: ours(case, added, folder, who, turns) for who in WORKERS},
            "PyTorch": {who: torch(case, folder, WORKERS[who], turns) for who in WORKERS},
        },
        "whitening alone": whitening_alone(case),
        "fed": {who: ours(case, fed, folder, who, turns) for who in WORKERS},
        "pieces": {
            name: [pieces(case, chosen, folder) for chosen in both] for name, both in fed.items()
        },
    }


def ours(
    case: Case, comparisons: dict[str, tuple[Chosen, Chosen]], folder: Path, who: str, turns: int
) -> dict[str, Pairs]:
    """This project's steps; two trainers are there at a time."""
    found: dict[str, Pairs] = {}

    def warm(stack: ExitStack, chosen: Chosen) -> Way:
        made = stack.enter_context(trainer(case, chosen, folder, WORKERS[who]))
        return warm_up(steps_of(made), WARM[who])

    for without in dict.fromkeys(both[0] for both in comparisons.values()):
        with ExitStack() as outer:
            plain = warm(outer, without)
            for name in (name for name, both in comparisons.items() if both[0] == without):
                with ExitStack() as inner:
                    extended = warm(inner, comparisons[name][1])
                    found[name] = compare(plain, extended, turns)
    return {name: found[name] for name in comparisons}


def torch(case: Case, folder: Path, threads: int | None, turns: int) -> dict[str, Pairs] | None:
    """PyTorch's steps; None where it is not installed."""
    call = str(case), str(threads or 0), str(turns), str(folder)
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.torch_steps", *call],
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return json.loads(done.stdout)
    if "ModuleNotFoundError" in done.stderr:
        return None
    raise RuntimeError(f"PyTorch's steps could not be timed: {done.stderr}")


def whitening_alone(case: Case) -> float:
    """Seconds of the matrix product that whitens a batch, on one core."""
    x = np.random.default_rng(0).random((case.batch, case.features), np.float32)
    W = case.whitening()[1:]
    out = np.empty((len(x), W.shape[1]), np.float32)
    with OneBlasThread():
        return median_seconds(lambda: np.matmul(x, W, out=out), 50)


def pieces(case: Case, chosen: Chosen, folder: Path) -> dict[str, float]:
    """Seconds that making batches takes of a step, on one worker."""
    with trainer(case, chosen, folder, 1) as made:
        return feeding.pieces(made)
