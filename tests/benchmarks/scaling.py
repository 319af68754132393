"""How the cost of training grows: with workers, batch size, width, and the number of images."""

from __future__ import annotations

import resource
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.cli.display import align
from stages.neuralnet import SGD, Network, Trainer

SECONDS = 0.6
REPEATS = 3
MOST_STEPS = 500  # of an epoch at a time


def rate(
    features: np.ndarray,
    labels: np.ndarray,
    hidden: tuple[int, ...],
    batch: int,
    workers: int | None,
) -> float:
    """Images per second: the median of some stretches of at least SECONDS each."""
    network = Network.create(features.shape[1], hidden, 10)
    data = features, labels
    with Trainer(network, SGD(0.9, 1e-4), *data, batch=batch, workers=workers) as trainer:
        epoch, rates = 0, []
        while len(rates) <= REPEATS:
            images, begin = 0, time.perf_counter()
            while time.perf_counter() - begin < SECONDS:
                trainer.run(epoch, 0, min(trainer.steps, MOST_STEPS), 0.001)
                images += trainer.totals.images
                epoch += 1
            rates.append(images / (time.perf_counter() - begin))
    return statistics.median(rates[1:])  # the first one is the warm-up


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """Images per second along each axis; the network is 1024-512-256-10 and the batch 64 else."""
    generator = np.random.default_rng(0)
    features = generator.random((20_000, 1024), np.float32)
    labels = generator.integers(0, 10, 500_000)
    own, hidden = labels[:20_000], (512, 256)
    found: dict[str, dict[str, float]] = {}
    found["workers"] = {str(n): rate(features, own, hidden, 512, n) for n in (1, 2, 4)}
    sizes = (32, 64, 128, 256, 512, 1024, 2048, 4096)
    found["batch"] = {str(n): rate(features, own, hidden, n, None) for n in sizes}
    widths = (64, 256, 1024, 4096)
    found["hidden"] = {str(n): rate(features, own, (n,), 128, None) for n in widths}
    found["images"] = {}
    for count in (5_000, 50_000, 500_000):
        mapped = _sparse(folder / "images.npy", count)
        found["images"][f"{count:,}"] = rate(mapped, labels[:count], (64,), 128, None)
    found["images"]["anonymous memory, MB"] = _anonymous_memory()
    return found


def _sparse(path: Path, count: int) -> np.ndarray:
    """Features of zeros that take no room on the disk: only how many there are matters."""
    np.lib.format.open_memmap(path, "w+", np.float32, (count, 1024)).flush()
    return np.load(path, mmap_mode="r")


def _anonymous_memory() -> float:
    """What this process holds beside mapped files, which the system may take back at any time."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("Anonymous"))) / 1e3
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def table(found: dict[str, dict[str, Any]]) -> str:
    """One row per point."""
    rows = [["along", "at", "images/s"]]
    for axis, points in found.items():
        rows += [[axis, point, f"{value:,.0f}"] for point, value in points.items()]
    return align(rows, right=(1, 2))
