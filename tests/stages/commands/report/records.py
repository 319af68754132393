"""Records, large and hostile, for the tests of pages."""

from __future__ import annotations

from typing import Any

import numpy as np

from stages.commands.report.predictions import Predictions
from stages.commands.report.record import Record, Setting, Step

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'onmouseover='alert(3)",
    "</style></svg><b>",
    "\x1b[31mred\x1b[0m\x07",
    "‮desrever",
    "a\nb\tc\0d",
    "]]>&lt;&amp;<!--",
    "javascript:alert(4)//" + "x" * 200,
    "猫とネコ 🐈",
)


def predictions(classes: int, images: int, side: int = 32, seed: int = 0) -> Predictions:
    """Random images, half of them predicted right."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, images)
    logits = rng.normal(size=(images, classes)).astype(np.float32)
    logits[np.arange(images), truth] += 2.5
    chances = np.exp(logits)
    chances /= chances.sum(axis=1, keepdims=True)
    pixels = rng.integers(0, 256, (images, 3, side, side), np.uint8)
    return Predictions(chances, truth, pixels, np.arange(images))


def record(
    classes: int = 10,
    images: int = 300,
    epochs: int = 5,
    names: tuple[str, ...] = (),
    dataset: str = "drawn",
    name: str = "0a1b2c3d",
    seed: int = 0,
    **changes: Any,
) -> Record:
    """A record as `gather` would make it. `names` are those of the first classes."""
    found = predictions(classes, images, seed=seed)
    names = (*names, *(f"class {number}" for number in range(classes)))[:classes]
    history = tuple(
        {
            "epoch": epoch + 1, "lr": 0.1 * 0.97**epoch, "loss": 2.0 / (1 + 0.1 * epoch),
            "accuracy": 0.2 + 0.5 * epoch / epochs, "validation_loss": 2.1 / (1 + 0.08 * epoch),
            "validation_accuracy": 0.2 + 0.4 * epoch / epochs,
        }
        for epoch in range(epochs)
    )  # fmt: skip
    accuracy = float(found.right.mean())
    scores = {"images": images, "loss": 1.25, "accuracy": accuracy}
    output = {"digest": "ab" * 32, "size": 1234, "kind": "array", "dtype": "<f4", "shape": [3, 4]}
    given = {
        "name": name,
        "recipe": "fast lr=0.1",
        "dataset": dataset,
        "classes": names,
        "counts": {"training": 5 * images, "validation": images, "test": images},
        "parameters": {"schedule": "exponential", "whiten": "pca"},
        "settings": (
            Setting("--lr", "0.1", "flag --lr", "learning rate of the first epoch", True),
            Setting("--source", dataset, f"file {dataset}", "where it comes from", True),
            Setting("--seed", "0", "default", "seed of everything random", False),
        ),
        "origins_known": True,
        "layers": ({"kind": "dense", "inputs": 3072, "outputs": 64}, {"outputs": classes}),
        "members": 1,
        "weights": 200_000,
        "history": history,
        "best_epoch": epochs,
        "epoch_seconds": (1.5,) * epochs,
        "figures": {"validation": scores, "test": scores},
        "steps": (
            Step("decode", ("archive",), {"images": output}, 2.0, "2026-01-01T00:00:00Z",
                 "cd" * 32, "cached", "up to date"),
            Step("train", ("images",), {"parameters": output}, 8.0, "2026-01-01T00:00:00Z",
                 "ef" * 32, "ran", f"parameter source: {dataset!r}"),
        ),
        "command": f"pipeline run --source '{dataset}'",
        "versions": {"python": "3.11"},
        "machine": "x86_64",
        "code": "01" * 32,
        "written": "2026-01-01T00:00:00Z",
        "predictions": found,
        "missing": "",
        "first_layer": np.random.default_rng(1).integers(0, 256, (60, 3, 32, 32), np.uint8),
    }  # fmt: skip
    return Record(**(given | changes))


def search(trials: int, seed: int = 0, failed: int = 1) -> dict[str, Any]:
    """What `pipeline search --json` prints, the best trial first, those that failed last."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(trials):
        lr = float(f"{10 ** rng.uniform(-4, 0):.3g}")
        hidden = [int(rng.choice([128, 256, 512]))] * int(rng.integers(1, 3))
        optimizer = str(rng.choice(["sgd", "adam", "muon"]))
        accuracy = 0.6 - 0.05 * np.log10(lr / 0.03) ** 2 + 0.02 * len(hidden)
        accuracy = float(accuracy + rng.normal(0, 0.01))
        values = {"lr": lr, "hidden": hidden, "optimizer": optimizer, "batchnorm": bool(number % 2)}
        result = {"accuracy": accuracy, "loss": 1.0, "best_epoch": 3, "epoch_seconds": 2.5}
        found.append(
            {"parameters": values, "epochs": 5, "failure": None, "accuracy": accuracy,
             "deviation": 0.004, "loss": 1.0, "seeds": {"0": result, "1": result}}
        )  # fmt: skip
    found.sort(key=lambda trial: -trial["accuracy"])
    for trial in found[len(found) - failed :]:
        trial |= {"failure": "training diverged", "accuracy": None, "deviation": None,
                  "loss": None, "seeds": {}}  # fmt: skip
    return {
        "dataset": "drawn", "seeds": [0, 1], "halving": None, "rounds": [], "trials": found,
        "best": found[0]["parameters"], "edges": {"lr": "smallest"},
        "command": "pipeline run --lr 0.03", "saved": None,
    }  # fmt: skip
