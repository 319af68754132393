"""Repeats: examples that occur more than once, by a digest of each.

A test image that was trained on says nothing of what the network does on others. Digests of 8
bytes are kept, not images: ten million of them are 80 MB.
"""

from __future__ import annotations

import hashlib

import numpy as np


class Repeats:
    """Takes in examples block by block, those that train first."""

    def __init__(self) -> None:
        self._digests: list[np.ndarray] = []

    def add(self, examples: np.ndarray) -> None:
        """Take in examples (n, …)."""
        rows = np.ascontiguousarray(examples).reshape(len(examples), -1).view(np.uint8)
        data = b"".join(hashlib.blake2b(row.data, digest_size=8).digest() for row in rows)
        self._digests.append(np.frombuffer(data, np.uint64))

    def count(self, train: int) -> dict[str, int]:
        """How many test examples training has too, and how many training has once more.

        train: the number of examples that train.
        """
        digests = np.concatenate([np.empty(0, np.uint64), *self._digests])
        training = np.unique(digests[:train])
        return {
            "test_in_training": int(np.isin(digests[train:], training).sum()),
            "within_training": train - len(training),
        }
