"""NetworkClassifier beside scikit-learn's MLPClassifier: accuracy and time, by turns.

    python -m tests.benchmarks.classifier [--source ARCHIVE] [--turns 5]

Both train on the same numbers with the same seed; the turns alternate, so whatever else the machine
does meets both alike. With BLAS on one thread for both, the ratio is that of the work itself; then
each as its user gets it: MLPClassifier with BLAS on all cores, ours with n_jobs=1 and with all.
"""

from __future__ import annotations

import argparse
import statistics
import tarfile
import time
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from stages.neuralnet import OneBlasThread
from stages.neuralnet.sklearn import NetworkClassifier

from .machine import machine

RECORD, COMPONENTS = 3073, 256
Data = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
WAYS = {  # name → class, parameters, whether BLAS is held to one thread
    "MLPClassifier, BLAS on 1 thread": (MLPClassifier, {}, True),
    "MLPClassifier": (MLPClassifier, {}, False),
    "ours": (NetworkClassifier, {}, False),
    "ours, n_jobs=-1": (NetworkClassifier, {"n_jobs": -1}, False),
}


def digits(seed: int) -> Data:
    """1,797 images of 64 pixels in [0, 1], float64; a quarter for testing."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(X / 16, y, random_state=seed, stratify=y)


def cifar(path: str, train: int, test: int) -> Data:
    """Whitened components of colour images from a binary archive, float32."""
    found = []
    with tarfile.open(path) as archive:
        for name, count in (("data_batch_1.bin", train), ("test_batch.bin", test)):
            member = next(each for each in archive if Path(each.name).name == name)
            records = np.frombuffer(archive.extractfile(member).read(), np.uint8)
            records = records.reshape(-1, RECORD)[:count]
            found += [records[:, 1:] / np.float32(255), records[:, 0]]
    X, y, X_test, y_test = found
    mean = X.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(X - mean, rowvar=False))
    whiten = (vectors[:, -COMPONENTS:] / np.sqrt(values[-COMPONENTS:] + 0.01)).astype(np.float32)
    X, X_test = (np.ascontiguousarray((each - mean) @ whiten) for each in (X, X_test))
    return X, X_test, y, y_test


def trial(way: str, data: Data, options: dict[str, Any], seed: int) -> tuple[float, ...]:
    """Seconds, seconds of processor time, accuracy on test data, and on training data."""
    X, X_test, y, y_test = data
    kind, own, one = WAYS[way]
    model = kind(random_state=seed, **options, **own)
    with OneBlasThread() if one else nullcontext(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        begin = time.perf_counter(), time.process_time()
        model.fit(X, y)
        seconds = time.perf_counter() - begin[0], time.process_time() - begin[1]
    return *seconds, model.score(X_test, y_test), model.score(X, y)


def compare(name: str, data: Any, options: dict[str, Any], turns: int) -> None:
    """A table: medians of so many turns, each with a seed of its own; ratios turn by turn."""
    found: dict[str, list[tuple[float, ...]]] = {way: [] for way in WAYS}
    for seed in range(turns):
        for way in list(WAYS)[:: 1 if seed % 2 else -1]:
            found[way].append(trial(way, data(seed), options, seed))
    print(f"\n{name}: {options}\n")
    print("| | seconds | ratio | processor s | ratio | test accuracy | training accuracy |")
    print("|---|---|---|---|---|---|---|")
    usual = found["MLPClassifier, BLAS on 1 thread"]
    for way, trials in found.items():
        pairs = list(zip(trials, usual, strict=True))
        wall, busy = (statistics.median(a[k] / b[k] for a, b in pairs) for k in (0, 1))
        columns = [statistics.median(column) for column in zip(*trials, strict=True)]
        spread = max(trial[2] for trial in trials) - min(trial[2] for trial in trials)
        print(
            f"| {way} | {columns[0]:.2f} | {wall:.2f} | {columns[1]:.2f} | {busy:.2f} "
            f"| {columns[2]:.2%} (±{spread / 2:.2%}) | {columns[3]:.2%} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", help="a CIFAR-10 archive, for the second table")
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    print(machine())
    compare("digits", digits, {"max_iter": 60, "learning_rate_init": 0.003}, arguments.turns)
    if arguments.source:
        data = cifar(arguments.source, 10_000, 10_000)
        options = {"hidden_layer_sizes": (256,), "max_iter": 6, "batch_size": 128}
        compare("CIFAR-10, 256 whitened components", lambda seed: data, options, arguments.turns)


if __name__ == "__main__":
    main()
