"""A training, its exports, and how far they are from the model on all test images."""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import onnx
import onnxruntime

from pipeline.cli.main import run_cli
from stages.modelfile import load_model
from stages.modelfile.model import Model
from tests.stages.modelfile.formats.agreement import CLEAR


class Found(NamedTuple):
    """How far a program's probabilities are from ours, and how many clear predictions differ."""

    difference: float
    predictions: int


class Comparison:
    """Runs the program in one folder, where all trainings share what they can."""

    def __init__(self, group: click.Group, folder: Path, source: Sequence[str]) -> None:
        self.group, self.folder = group, folder
        self.source = (*source, "--data-dir", str(folder / "data"))
        self.threads = onnxruntime.SessionOptions()
        self.threads.intra_op_num_threads = os.cpu_count() or 1

    def compare(self, flags: Sequence[str]) -> tuple[int, dict[str, Found]]:
        """The number of test images, and what each export says of them beside the model."""
        path = str(self.folder / "model.json")
        document = self.call("run", *self.source, *flags, "--save", path, "--quiet")
        stored = {name: record["path"] for name, record in document["artifacts"].items()}
        images = np.load(stored["images"])[np.load(stored["test_rows"])]
        model = load_model(path)
        expected = model.probabilities(images)
        answers = {to: getattr(self, f"_{to}")(path, images) for to in ("onnx", "python")}
        self._npz(path, model)
        return len(images), {to: _beside(expected, found) for to, found in answers.items()}

    def call(self, *arguments: str) -> Any:
        """Run a command: its JSON document."""
        out = io.StringIO()
        common = ("--artifacts-dir", str(self.folder / "artifacts")) * (arguments[0] == "run")
        with contextlib.redirect_stdout(out):
            status = run_cli(self.group, [*arguments, *common, "--json"])
        if status:
            raise AssertionError(f"{' '.join(arguments)} ended with {status}")
        return json.loads(out.getvalue())

    def _export(self, path: str, to: str, suffix: str) -> str:
        place = str(self.folder / f"model{suffix}")
        self.call("export", "--load", path, "--to", to, "--output", place)
        return place

    def _onnx(self, path: str, images: np.ndarray) -> np.ndarray:
        place = self._export(path, "onnx", ".onnx")
        onnx.checker.check_model(place, full_check=True)
        session = onnxruntime.InferenceSession(
            place, self.threads, providers=["CPUExecutionProvider"]
        )
        return session.run(["probabilities"], {"images": images})[0]

    def _python(self, path: str, images: np.ndarray) -> np.ndarray:
        program = runpy.run_path(self._export(path, "python", ".py"))
        return program["probabilities"](images)

    def _npz(self, path: str, model: Model) -> None:
        with np.load(self._export(path, "npz", ".npz")) as arrays:
            for member, layers in enumerate(
                map(model.network.tensors, range(model.network.members))
            ):
                for number, tensors in enumerate(layers):
                    for name, array in tensors.items():
                        found = arrays[f"layers.{number}.{name}"]
                        found = found[member] if model.network.members > 1 else found
                        assert found.tobytes() == array.tobytes(), name


def _beside(expected: np.ndarray, found: np.ndarray) -> Found:
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    best = np.sort(expected, axis=1)
    clear = best[:, -1] - best[:, -2] > CLEAR
    differing = found.argmax(axis=1) != expected.argmax(axis=1)
    return Found(float(np.abs(found - expected).max()), int((differing & clear).sum()))
