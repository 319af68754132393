"""Load: a saved model in place of a training (--load)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pipeline.errors import ConfigError
from pipeline.stage import Option, stage
from pipeline.store.files import Files, identify
from stages.modelfile.initial import identified
from stages.modelfile.model import Model
from stages.modelfile.reader import read_model

Load = Annotated[
    str, Option("evaluate this saved model instead of training one", metavar="MODEL.json")
]


def by_content(*, load: str) -> dict[str, Files]:
    """The model file is an input like any other: what counts is its content."""
    return {"load": identify(Path(load))}


@stage(outputs=("standardization", "whitening", "parameters", "training"), resolve=by_content)
def load(*, load: Load = "") -> dict[str, Any]:
    """Read a saved model: its constants, its parameters and its training record."""
    model = read_model(identified(load).files[0].path)
    return {
        "standardization": model.standardization,
        "whitening": model.whitening,
        "parameters": model.network.parameters,
        "training": {
            **model.training,
            "layers": model.network.layers,
            "preprocessing": _preprocessing(model),
            "columns": list(model.columns),
            "shape": list(model.shape),
            "pixels": model.pixels.record() if model.pixels else None,
            "classes": list(model.classes),
        },
    }


def settings_of(path: str) -> tuple[str, dict[str, Any]]:
    """The parameters that a saved model was made with and that its evaluation depends on.

    The preprocessing must be the model's own, and so must the split: with another seed, images
    that it was trained on would count as validation. Whether flip TTA is used is the model's own
    choice too, but the caller may make another.
    """
    if not path:
        raise ConfigError("--load: expected the path of a model file, found nothing")
    model = read_model(Path(path))
    chosen = {**_preprocessing(model), "tta": model.tta}
    split = model.training.get("split")
    for name in ("seed", "val_fraction"):
        if isinstance(split, dict) and name in split:
            chosen[name] = split[name]
    return f"model {path}", chosen


def _preprocessing(model: Model) -> dict[str, Any]:
    """The parameters of the stages that make a model's features, and of those that read them."""
    return {name: getattr(model, name) for name in ("color", "scale", "contrast", "storage")}
