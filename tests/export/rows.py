"""What is trained: flags by name. Every recipe, and each part that a model can have.

The trainings are short: a model must be real, not good. Parts of training that leave no trace in a
model (optimizers, schedules, augmentation) are not tried beside those of the recipes.
"""

from __future__ import annotations

from itertools import product

from stages.neuralnet import ACTIVATIONS

SHORT = ("--epochs", "2", "--warmup", "0.5")
SMALL = ("--hidden", "64,32", "--epochs", "2")

RECIPES = {
    f"recipe {name}": ("--recipe", name, *SHORT)
    for name in ("default", "fast", "fast-dense", "best", "gray")
}
for name in ("max", "max-dense"):
    RECIPES[f"recipe {name}"] = ("--recipe", name, *SHORT, "--refine", "1")

NORMS = {"": (), " batchnorm": ("--batchnorm",), " layernorm": ("--layernorm",)}
NETWORKS = {
    f"{activation}{norm} {precision}": (
        *(*SMALL, *flags, "--activation", activation, "--precision", precision),
        *("--dropout", "0.1"),
    )
    for activation, (norm, flags), precision in product(
        ACTIVATIONS, NORMS.items(), ("float32", "float64")
    )
}

COLOR, BYTES = "--color", ("--storage", "uint8")
WHITE = ("--whiten", "pca", "--components", "100")
PREPROCESSING = {
    "symmetric": ("--scale", "symmetric"),
    "colour": (COLOR,),
    "whole grey levels": BYTES,
    "whole grey levels, symmetric, float64": (
        *(*BYTES, "--scale", "symmetric", "--precision", "float64"),
    ),
    "contrast": ("--contrast",),
    "standardised features": ("--standardize", "feature"),
    "standardised channels": (COLOR, "--standardize", "channel"),
    "whitened (PCA)": WHITE,
    "whitened (ZCA)": ("--whiten", "zca"),
    "all of these": (COLOR, *BYTES, "--contrast", "--standardize", "feature", *WHITE),
    "flip TTA": ("--tta",),
    "flip TTA, colour, float64": ("--tta", COLOR, "--precision", "float64"),
}
LOCAL = {
    "local, two layers": ("--local", "8,4,6/3,2,8", "--batchnorm"),
    "local, whitened, colour, bytes, flip TTA, float64": (
        *(COLOR, *BYTES, "--local", "6,3,8", "--whiten", "pca", "--components", "40", "--tta"),
        *("--precision", "float64"),
    ),
}
ENSEMBLES = {
    "ensemble of 3": ("--members", "3"),
    "ensemble of 2, flip TTA, batchnorm": ("--members", "2", "--tta", "--batchnorm"),
    "ensemble of 2, layernorm, float64": (
        *("--members", "2", "--layernorm", "--precision", "float64"),
    ),
}
ROWS = {
    **RECIPES,
    **NETWORKS,
    **{name: (*SMALL, *flags) for name, flags in (PREPROCESSING | LOCAL | ENSEMBLES).items()},
}
EVERYDAY = ("ensemble of 2, flip TTA, batchnorm", "recipe gray")  # in tests; the first every day
