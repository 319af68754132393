"""Split: which rows train, which validate, which test.

The test batch of the archive stays the test set. The training batches are divided class by class,
so that both parts hold every class in the same proportion (a stratified split).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.errors import ConfigError
from pipeline.stage import stage
from stages.options import SplitOptions


@stage(outputs=("train_rows", "validation_rows", "test_rows"))
def split(
    labels: np.ndarray, dataset: dict[str, Any], *, options: SplitOptions = SplitOptions()
) -> dict[str, np.ndarray]:
    """Divide the images into training, validation and test rows."""
    count = dataset["train"]
    validation = stratified(labels[:count], options.val_fraction, options.seed)
    train = np.setdiff1d(np.arange(count), validation, assume_unique=True)
    if not len(train):
        raise ConfigError(
            f"--val-fraction {options.val_fraction:g}: expected some of the {count} training "
            "images to be left for training, found none; choose a smaller fraction"
        )
    test = np.arange(count, count + dataset["test"])
    return {"train_rows": train, "validation_rows": validation, "test_rows": test}


def stratified(labels: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Rows, sorted int64, that hold `fraction` of each class, drawn by `seed`."""
    generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(SPLIT,)))
    chosen = [np.empty(0, np.int64)]
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        chosen.append(generator.permutation(rows)[: round(len(rows) * fraction)])
    return np.sort(np.concatenate(chosen))


SPLIT = 0x51  # a purpose: one seed serves several, and they stay independent
