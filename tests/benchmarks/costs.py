"""The other costs that a user feels: start-up, preprocessing, model files, predictions."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.cli.display import align
from stages.dataset.formats.layout import SHAPE
from stages.modelfile.model import Model
from stages.modelfile.reader import read_model
from stages.neuralnet import Network

COMMANDS = ("run", "preprocess", "train", "evaluate", "plan", "graph", "config")
SOURCE = ("--source", "synthetic", "--synthetic-size", "20000")


def median_seconds(work: Callable[[], Any], repeats: int = 5) -> float:
    """The median time of `work`."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def measure(folder: Path) -> dict[str, float]:
    """Seconds, or images per second where a name says so."""
    found: dict[str, float] = {}
    artifacts = folder / "artifacts"

    def call(*arguments: str) -> None:
        folders = ["--artifacts-dir", str(artifacts), "--data-dir", str(folder / "data")]
        flags = [] if arguments[0] == "graph" else [*SOURCE, "--quiet", *folders]
        command = [sys.executable, "-m", "stages", *arguments, *flags]
        one_epoch = {**os.environ, "PIPELINE_EPOCHS": "1"}
        subprocess.run(command, check=True, capture_output=True, env=one_epoch)

    call("run")
    imports = [sys.executable, "-c", "import click, tqdm"]
    found["python -c 'import click, tqdm'"] = median_seconds(
        lambda: subprocess.run(imports, check=True)
    )
    for name in COMMANDS:
        found[f"{name}, everything cached"] = median_seconds(lambda name=name: call(name))

    def preprocess() -> None:
        shutil.rmtree(artifacts)
        call("preprocess")

    found["decode + preprocess, 24,000 images"] = median_seconds(preprocess, 3)
    found["copying the same bytes (read, write, fsync)"] = median_seconds(
        lambda: _copy(artifacts, folder / "copy"), 3
    )
    found |= _model_costs(folder)
    return found


def _copy(source: Path, target: Path) -> None:
    for path in source.rglob("*.npy"):
        with path.open("rb") as reading, target.open("wb") as writing:
            shutil.copyfileobj(reading, writing, 1 << 22)
            writing.flush()
            os.fsync(writing.fileno())
    target.unlink()


def _model_costs(folder: Path) -> dict[str, float]:
    """A model of 3072-512-256-10, 1.7 million parameters."""
    network = Network.create(3072, (512, 256), 10)
    names = tuple("abcdefghij")
    nothing = np.empty((0, 3072), np.float32)
    model = Model(
        dataset="none",
        classes=names,
        shape=SHAPE,
        color=True,
        scale="unit",
        contrast=False,
        storage="float32",
        standardization=nothing,
        whitening=nothing,
        tta=False,
        network=network,
        training={},
        evaluation={},
    )
    path = folder / "model.json"
    found = {
        "model.json of 1.7 M parameters, write": median_seconds(
            lambda: path.write_text(json.dumps(model.to_document()))
        ),
        "model.json of 1.7 M parameters, read": median_seconds(lambda: read_model(path)),
    }
    assert read_model(path).network.parameters.tobytes() == network.parameters.tobytes()
    images = np.random.default_rng(0).integers(0, 256, (10_000, *SHAPE), np.uint8)
    features = np.random.default_rng(0).random((10_000, 3072), np.float32)
    labels = np.zeros(10_000, np.int64)
    count = len(images)
    evaluate = median_seconds(lambda: network.evaluate(features, labels))
    predict = median_seconds(lambda: model.probabilities(images))
    found["evaluate, images/s"] = count / evaluate
    found["predict from raw pixels, images/s"] = count / predict
    return found


def table(found: dict[str, float]) -> str:
    """One row per cost."""
    rows = [
        [name, f"{value:,.0f}" if name.endswith("/s") else f"{value * 1000:,.1f} ms"]
        for name, value in found.items()
    ]
    return align([["cost", "median"], *rows], right=(1,))
