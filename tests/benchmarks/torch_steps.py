"""The same components in PyTorch, eager: a step without and with each that it has.

A process of its own (`python -m tests.benchmarks.torch_steps CASE THREADS TURNS FOLDER`), so that
its threads disturb nobody. Prints the seconds of steps as JSON.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn

from tests.benchmarks.makings import CLASSES, DROPOUT, SMOOTHING, WHITENING, Case, Chosen, cases
from tests.benchmarks.reference import L2, LR, MOMENTUM
from tests.benchmarks.turns import Go, compare, warm_up

SAME = ("batch norm", "layer norm", "GELU", "dropout", "smoothing", WHITENING)
WARM = 0.5  # seconds


def network(case: Case, chosen: Chosen) -> nn.Sequential:
    """The layers, in the order that this project has them in."""
    norms = {"batch norm": nn.BatchNorm1d, "layer norm": nn.LayerNorm}
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise((case.width(chosen), *case.hidden)):
        layers.append(nn.Linear(inputs, outputs))
        layers += [norm(outputs) for name, norm in norms.items() if name in chosen]
        layers.append(nn.GELU(approximate="tanh") if "GELU" in chosen else nn.ReLU())
        layers += [nn.Dropout(DROPOUT)] if "dropout" in chosen else []
    return nn.Sequential(*layers, nn.Linear(case.hidden[-1], CLASSES))


def steps_of(case: Case, chosen: Chosen, folder: Path) -> Go:
    """What carries out steps, one epoch after the other; loss and accuracy are tracked."""
    features, labels = (torch.from_numpy(np.array(a)) for a in case.data(folder, chosen))
    whitening = torch.from_numpy(case.whitening()) if WHITENING in chosen else None
    made = network(case, chosen)
    options = {"lr": LR, "momentum": MOMENTUM, "weight_decay": L2, "fused": True}
    optimizer = torch.optim.SGD(made.parameters(), **options)
    loss_of = nn.CrossEntropyLoss(label_smoothing=SMOOTHING if "smoothing" in chosen else 0.0)
    total, hits = torch.zeros(()), torch.zeros((), dtype=torch.long)
    order, at = torch.randperm(len(features)), 0

    def go(steps: int) -> None:
        nonlocal order, at, total, hits
        for _ in range(steps):
            rows = order[at : at + case.batch]
            at += case.batch
            if at >= len(order):
                order, at = torch.randperm(len(features)), 0
            x, y = features[rows], labels[rows]
            if x.dtype == torch.uint8:
                x = x.to(torch.float32).mul_(1 / 255)
            if whitening is not None:
                x = torch.addmm(whitening[0], x, whitening[1:])
            optimizer.zero_grad(set_to_none=True)
            logits = made(x)
            loss = loss_of(logits, y)
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(rows)
            hits += (logits.detach().argmax(1) == y).sum()

    return go


def main(name: str, threads: str, turns: str, folder: str) -> None:
    """Every comparison that can be made, for one case."""
    torch.set_num_threads(int(threads) or torch.get_num_threads())
    (case,) = (case for case in cases() if str(case) == name)
    found = {}
    for component, both in case.comparisons().items():
        if component in SAME:
            ways = [warm_up(steps_of(case, chosen, Path(folder)), WARM) for chosen in both]
            found[component] = compare(*ways, int(turns))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
