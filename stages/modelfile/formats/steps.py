"""Steps: what a model does with raw pixels, one operation after the other, as plain data.

    images uint8 (n, channels, height, width)
      colors | luma              → float32 (n, d); gray images have their one color
      rows                       of a table instead: float32 (n, d), without what follows up to cast
      round                      to whole grey levels, half to even
      scale, offset              x * scale; x + offset
      cast                       to float64, before or after the scale, as the model stores features
      contrast                   each row to mean 0 and deviation 1
      standardize                (x - mean) * inverse
      whiten                     x @ matrix + bias                    → (n, inputs of the network)
    then, for each member of an ensemble,
      local                      x[indices of p] @ weights of p for each position p, + offsets;
                                 the whitening of patches is in the weights then
      dense                      x @ weights + biases, or x @ weights before a normalisation
      batch_norm, layer_norm     gains * (x - mean) / sqrt(variance + ε) + biases
      relu, gelu, …              the activation, by its name
    and at the end the mean of the members' logits, the mean of those of an image and its mirror
    image, and a softmax.

The order and the dtypes are those of training: float32 arithmetic in another order would round some
grey levels to their neighbours.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pipeline.errors import ConfigError
from stages.features import LUMA, SCALES
from stages.modelfile.model import Model
from stages.modelfile.networks import stacked
from stages.neuralnet import whitens_patches
from stages.neuralnet.layers.local import Local, fold


class Step(NamedTuple):
    """An operation by name, and its constants: what they are called in the model → their value."""

    kind: str
    constants: dict[str, Any] = {}  # noqa: RUF012 (never changed)


def feature_steps(model: Model) -> list[Step]:
    """From images to what the first layer reads."""
    wide, floats = model.network.dtype == np.float64, model.storage == "float32"
    cast = [Step("cast")] if wide else []
    if model.columns:
        return [Step("rows"), *cast, *_fitted(model)]
    luma = dict(zip(("red", "green", "blue"), map(np.float32, LUMA), strict=True))
    color = model.color or model.shape[0] == 1
    steps = [Step("colors") if color else Step("luma", luma)]
    if not (color or floats):
        steps.append(Step("round"))
    low, high = SCALES[model.scale]
    dtype = np.float32 if floats else model.network.dtype.type
    scale = [Step("scale", {"scale": dtype((high - low) / 255)})]
    scale += [Step("offset", {"offset": dtype(low)})] if low else []
    steps += [*scale, *cast] if floats else [*cast, *scale]
    steps += [Step("contrast")] if model.contrast else []
    return [*steps, *_fitted(model)]


def _fitted(model: Model) -> list[Step]:
    """The constants that were fitted to the training set."""
    kind, steps = model.network.dtype, []
    if len(model.standardization):
        mean, inverse = model.standardization.astype(kind)
        steps.append(Step("standardize", {"mean": mean, "inverse": inverse}))
    if len(model.whitening) and not whitens_patches(model.network.structure):
        matrix = model.whitening.astype(kind)
        steps.append(Step("whiten", {"whitening": matrix[1:], "whitening_bias": matrix[0]}))
    return steps


def layer_steps(model: Model, member: int | None = 0) -> list[Step]:
    """From there to the logits of one member; None: with the constants of all, (members, …)."""
    network = model.network
    tensors = stacked(network) if member is None else network.tensors(member)
    steps = []
    for number, (layer, arrays) in enumerate(zip(network.layers, tensors, strict=True)):
        make, arrays = LAYERS[_known(layer["kind"])], dict(arrays)
        own = network.structure[number]
        if isinstance(own, Local):
            _patches(own, arrays, None if number else model.whitening)
        steps += make(layer, {f"layers.{number}.{name}": array for name, array in arrays.items()})
    return steps


def _patches(layer: Local, arrays: dict[str, np.ndarray], whitening: np.ndarray | None) -> None:
    """What a local layer reads at each position; whitening is put into its weights."""
    weights, kind = arrays["weights"], arrays["weights"].dtype
    ahead = weights.shape[:-3]  # the members, where there are all of them
    arrays["offsets"] = np.zeros((*ahead, layer.outputs), kind)
    if layer.components and whitening is not None:
        arrays["weights"], arrays["offsets"] = fold(whitening.astype(kind), weights)
    indices = layer.indices()
    arrays["indices"] = np.broadcast_to(indices, (*ahead, *indices.shape))


def _layer(layer: dict[str, object], arrays: dict[str, np.ndarray]) -> list[Step]:
    """Dropout is for training alone: nothing stands for it here."""
    named = {name.rpartition(".")[2]: (name, array) for name, array in arrays.items()}

    def chosen(*names: str) -> dict[str, np.ndarray]:
        return dict(named[name] for name in names)

    norm, local = layer.get("norm", "none"), layer["kind"] == "local"
    if local and norm == "none":
        offsets, biases = chosen("offsets", "biases").values()
        named["offsets"] = named["offsets"][0], offsets + biases
    first = Step("local", chosen("weights", "indices", "offsets")) if local else None
    if norm == "none":
        steps = [first or Step("dense", chosen("weights", "biases"))]
    else:
        vectors = ("gains", "biases", "means", "variances")[: 4 if norm == "batch" else 2]
        steps = [first or Step("dense", chosen("weights")), Step(f"{norm}_norm", chosen(*vectors))]
    activation = str(layer["activation"])
    return steps if activation == "linear" else [*steps, Step(activation)]


LAYERS = {"dense": _layer, "local": _layer}


def _known(kind: str) -> str:
    if kind not in LAYERS:
        raise ConfigError(
            f"export: expected layers of the kind {' or '.join(LAYERS)}, found {kind}; a model "
            "with such layers can be used with stages.modelfile.load_model"
        )
    return kind
