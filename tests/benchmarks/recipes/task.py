"""A task: a recipe with all its parameters, and the arrays that every contestant trains on.

The pipeline makes the arrays once, cached like any of its results: features (bytes of pixels, or
float32), labels, rows, and the whitening matrix. So contestants differ in how they train alone.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import run
from pipeline.cli.session import load_recipe
from pipeline.errors import ConfigError
from pipeline.settings import resolve
from stages import neuralnet as nn
from stages.cifar10 import PIPELINE
from stages.commands.recipes import RECIPES
from stages.dataset.formats.layout import shape_of
from stages.features import make_inputs
from stages.train import train

ARRAYS = ("features", "labels", "train_rows", "test_rows", "standardization", "whitening")
# What the other flow is not written for, and what it is to be then.
FIXED = {
    "members": 1, "local_init": "", "layernorm": False, "dropout": 0.0, "cutout": 0, "mixup": 0.0,
    "clip": 0.0, "class_weight": "none", "precision": "float32", "patience": 0,
}  # fmt: skip
CHOICES = {
    "optimizer": ("sgd", "adamw"),
    "activation": ("relu", "gelu", "silu"),
    "whiten": ("none", "pca"),
    "scale": ("unit",),
    "initializer": ("auto",),
    "standardize": ("auto", "none"),
}


@dataclass(frozen=True)
class Task:
    """values: of all parameters, by name. paths: where each array is, and the dataset's record."""

    name: str
    values: dict[str, Any]
    paths: dict[str, str]
    dataset: dict[str, Any]

    @classmethod
    def prepare(cls, recipe: str, store: Path, **given: Any) -> Task:
        """Run the pipeline up to where training can start.

        recipe: its name, or a TOML file. given: parameters beside those that it sets.
        ConfigError where the recipe has something that the other flow is not written for.
        """
        settings = resolve(
            PIPELINE.parameters, recipe=load_recipe(RECIPES, recipe), arguments=given
        )
        values = {name: setting.value for name, setting in settings.items()}
        for name, value in values.items():
            known = CHOICES.get(name, (FIXED.get(name, value),))
            if value not in known:
                raise ConfigError(
                    f"recipe {recipe}: expected {name} {' or '.join(map(str, known))}, which the "
                    f"flow in PyTorch can do, found {value}; choose other --recipes"
                )
        found = run(PIPELINE, store=store, targets=("split", "whiten"), **values)
        paths = {name: found.path(name) for name in ARRAYS}
        return cls(Path(recipe).stem, values, paths, found["dataset"])

    def write(self, path: Path) -> None:
        """For the processes of the contestants."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Task:
        """What `write` wrote."""
        task = cls(**json.loads(path.read_text()))
        settings = resolve(PIPELINE.parameters, arguments=task.values)
        task.values.update({name: setting.value for name, setting in settings.items()})
        return task

    @functools.cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays, memory-mapped."""
        return {name: np.load(path, mmap_mode="r") for name, path in self.paths.items()}

    @functools.cached_property
    def options(self) -> dict[str, Any]:
        """The parameters of the stage `train`, in their groups."""
        return train.arguments(self.values)

    @functools.cached_property
    def inputs(self) -> nn.Inputs:
        """What is done with stored features before the first layer."""
        fitted = {name: self.arrays[name] for name in ("standardization", "whitening")}
        return make_inputs(self.options["inputs"], shape=shape_of(self.dataset), **fitted)

    @property
    def epochs(self) -> int:
        """How often all training images are gone through."""
        return int(self.values["epochs"])

    @property
    def whole(self) -> int:
        """The epoch from which on images are only flipped and shifted."""
        return self.epochs - int(self.values["refine"])

    @property
    def steps(self) -> int:
        """Of an epoch."""
        return -(-len(self.arrays["train_rows"]) // int(self.values["batch"]))

    @property
    def rates(self) -> Callable[[float], float]:
        """The learning rate at a position in epochs."""
        return self.options["schedule"].rates()
