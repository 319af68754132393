"""The reference networks, and the data that every contestant trains on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

IMAGES = 20_000
LR, MOMENTUM, L2 = 0.001, 0.9, 1e-4


@dataclass(frozen=True)
class Reference:
    """A network by its widths, and a batch size."""

    widths: tuple[int, ...]
    batch: int

    def __str__(self) -> str:
        return f"{'-'.join(map(str, self.widths))}, {self.batch}"


REFERENCES = {
    "a": Reference((1024, 512, 256, 10), 64),
    "b": Reference((3072, 512, 256, 10), 128),
    "c": Reference((3072, 512, 256, 10), 512),
    "d": Reference((1024, 128, 10), 64),
}


def make_data(folder: Path) -> None:
    """Write features float32 (IMAGES, 1024 and 3072) and labels as .npy files, once."""
    generator = np.random.default_rng(0)
    for width in sorted({reference.widths[0] for reference in REFERENCES.values()}):
        np.save(folder / f"features-{width}.npy", generator.random((IMAGES, width), np.float32))
    np.save(folder / "labels.npy", generator.integers(0, 10, IMAGES))


def load_data(folder: Path, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Features, memory-mapped as in a real run, and labels."""
    features = np.load(folder / f"features-{width}.npy", mmap_mode="r")
    return features, np.load(folder / "labels.npy")
