"""The whole flow on a few small pictures, with everything on, and as each recipe has it."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.cli.session import load_recipe, recipe_names
from pipeline.graph import Pipeline
from pipeline.stage import stage
from stages.commands.add import RECIPES
from stages.evaluate import evaluate
from stages.preprocess import preprocess
from stages.serialize import serialize
from stages.split import split
from stages.standardize import standardize
from stages.train import train
from stages.whiten import whiten


@stage(outputs=("images", "labels", "dataset"))
def pictures() -> dict[str, Any]:
    """Pictures of two kinds, that differ in brightness."""
    rng = np.random.default_rng(0)
    labels = np.arange(20, dtype=np.uint8) % 2
    images = rng.integers(0, 200, (20, 3, 4, 6), np.uint8) + 50 * labels[:, None, None, None]
    dataset = {"name": "pictures", "classes": ["dark", "bright"], "train": 16, "test": 4}
    return {"images": images, "labels": labels, "dataset": {**dataset, "shape": [3, 4, 6]}}


WHOLE = Pipeline(pictures, preprocess, split, standardize, whiten, train, evaluate, serialize)
SMALL = {"hidden": "4", "epochs": "2", "batch": "5", "warmup": "0.5", "workers": "1"}
EVERYTHING = SMALL | {
    "storage": "uint8",
    "contrast": "true",
    "standardize": "channel",
    "whiten": "zca",
    "components": "6",
    "local": "3,2,3/2,1,2",
    "flip": "alternate",
    "shift": "1",
    "rotate": "9",
    "zoom": "0.2",
    "jitter": "0.3",
    "cutout": "3",
    "mixup": "0.2",
    "refine": "1",
    "batchnorm": "true",
    "dropout": "0.2",
    "members": "2",
    "activation": "gelu",
    "optimizer": "adamw",
    "average": "0.9",
    "clip": "1",
    "smoothing": "0.1",
    "schedule": "one_cycle",
    "tta": "true",
}


def small_recipe(name: str) -> dict[str, Any]:
    """The parameters of a recipe, but for what would take long."""
    values = load_recipe(RECIPES, name)[1] | SMALL
    values = {key: value for key, value in values.items() if key in WHOLE.parameters}
    small = {"components": "6", "refine": "1", "local": "3,2,2", "local_init": "3,2,2"}
    return values | {key: value for key, value in small.items() if values.get(key)}


RECIPE_NAMES = recipe_names(RECIPES)
