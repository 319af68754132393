"""Who trains the reference networks: this project, its peers, and what nobody can beat (limits.py).

Each contestant is a process of its own (`python -m tests.benchmarks.contestants KIND KEY FOLDER`),
so that none disturbs another's threads, and stays warm between turns. For each line on stdin it
goes through a whole epoch, as its user would get it (shuffling, gathering batches, loss and
accuracy tracked, optimizer), and prints the images per second.
"""

from __future__ import annotations

import importlib
import sys
import time
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

from tests.benchmarks import limits
from tests.benchmarks.reference import IMAGES, L2, LR, MOMENTUM, REFERENCES, Reference, load_data

Epoch = Callable[[], None]
WARM_UP = 4.0  # seconds: for caches, memory, and whoever finds out what is fastest


def ours(reference: Reference, folder: Path, **choice: object) -> Epoch:
    """This project; without a choice of workers and executor it chooses by itself."""
    from stages.neuralnet import SGD, Network, Trainer

    features, labels = load_data(folder, reference.widths[0])
    network = Network.create(reference.widths[0], reference.widths[1:-1], reference.widths[-1])
    optimizer = SGD(MOMENTUM, L2)
    trainer = Trainer(network, optimizer, features, labels, batch=reference.batch, **choice)
    count = 0

    def epoch() -> None:
        nonlocal count
        trainer.run(count, 0, trainer.steps, LR)
        trainer.totals.means()
        count += 1

    return epoch


def numba(reference: Reference, folder: Path) -> Epoch:
    """This project, its optimizer a loop that numba compiles."""
    importlib.import_module("numba")  # where it is missing, this says so
    return ours(reference, folder, kernels="numba")


def torch(reference: Reference, folder: Path, fused: bool | None) -> Epoch:
    """PyTorch, eager, all cores: its fused SGD, or its default."""
    import torch

    features, labels = (
        torch.from_numpy(np.array(a)) for a in load_data(folder, reference.widths[0])
    )
    layers: list[torch.nn.Module] = []
    for inputs, outputs in pairwise(reference.widths):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers[:-1])
    options = {"lr": LR, "momentum": MOMENTUM, "weight_decay": L2, "fused": fused}
    optimizer = torch.optim.SGD(network.parameters(), **options)
    loss_of = torch.nn.CrossEntropyLoss()

    def epoch() -> None:
        order = torch.randperm(len(features))
        total, hits = torch.zeros(()), torch.zeros((), dtype=torch.long)
        for start in range(0, len(order), reference.batch):
            rows = order[start : start + reference.batch]
            x, y = features[rows], labels[rows]
            optimizer.zero_grad(set_to_none=True)
            logits = network(x)
            loss = loss_of(logits, y)
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(rows)
            hits += (logits.detach().argmax(1) == y).sum()
        total.item(), hits.item()

    return epoch


def sklearn(reference: Reference, folder: Path) -> Epoch:
    """scikit-learn's MLPClassifier; one `fit` with a warm start is one epoch."""
    from sklearn.neural_network import MLPClassifier

    features, labels = (np.array(a) for a in load_data(folder, reference.widths[0]))
    classifier = MLPClassifier(
        hidden_layer_sizes=reference.widths[1:-1],
        solver="sgd",
        alpha=L2,
        batch_size=reference.batch,
        learning_rate_init=LR,
        momentum=MOMENTUM,
        nesterovs_momentum=False,
        max_iter=1,
        warm_start=True,
    )
    warnings.simplefilter("ignore")  # "not converged", after one epoch

    def epoch() -> None:
        classifier.fit(features, labels)

    return epoch


KINDS: dict[str, Callable[[Reference, Path], Epoch]] = {
    "ours": ours,
    "ours, numba": numba,
    "ours, 1 worker": lambda reference, folder: ours(reference, folder, workers=1),
    "torch, fused": lambda reference, folder: torch(reference, folder, True),
    "torch, default": lambda reference, folder: torch(reference, folder, None),
    "scikit-learn": sklearn,
    "GEMM": lambda reference, folder: limits.together(reference, memory=False),
    "GEMM + memory": lambda reference, folder: limits.together(reference, memory=True),
    "GEMM, by core": lambda reference, folder: limits.by_core(reference),
}


def main(kind: str, key: str, folder: str) -> None:
    """Warm up, then an epoch for each line on stdin, until it ends."""
    epoch = KINDS[kind](REFERENCES[key], Path(folder))
    started = time.perf_counter()
    while time.perf_counter() - started < WARM_UP:
        epoch()
    print("ready", flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        spared = epoch() or 0.0
        print(IMAGES / (time.perf_counter() - started - spared), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
