"""gon: the file in which the Go program of that name saves its network, written and read.

    {"Layers": [{"Neurons": [{"Weights": […], "Bias": x, "Output": x, "Momentum": […],
                              "AccumulatedWeightGradients": […], "AccumulatedBiasGradient": x}, …],
                 "Deltas": […], "Activation": {}}, …],
     "Input": […], "Params": {"Lr": x, "Decay": x, "L2": x, "MomentumCoefficient": x},
     "PrevLayerOutputsBuffer": […]}

A neuron's weights are one for each input of its layer. The file does not name the activations:
they are ReLU in the hidden layers, and none before the softmax at the end. Inputs are 1,024 grey
values in [0, 1] of an image of 32 × 32, row by row. What gon keeps for its next step beside that
(momentum, gradients, outputs) is read over, and written as zeros.

Numbers are written with as many digits as they need, and read (gon_reader.py) as float64, which is
exact for any that gon wrote: what is imported, exported and imported again is the same to the bit.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from pipeline.errors import ConfigError
from stages.modelfile.model import Model

SHAPE, PIXELS = (3, 32, 32), 1024
LARGEST = sys.float_info.max
# What gon calls its parameters of training, and what they are called here.
PARAMS = {"Lr": "lr", "Decay": "decay", "L2": "l2", "MomentumCoefficient": "momentum"}


def write(model: Model, file: BinaryIO) -> dict[str, Any]:
    """Write the model. Raises `ConfigError` where there is more in it than gon knows."""
    if more := unknown_to_gon(model):
        raise ConfigError(
            "export --to gon: expected what gon knows (dense layers of ReLU on the grey values of "
            f"32 × 32 pixels in [0, 1]), found {more}; use --to onnx, python or npz"
        )
    for part in _parts(model):
        file.write(part.encode())
    return {"layers": len(model.network.layers)}


def unknown_to_gon(model: Model) -> str:
    """What a model has that gon's file has no place for; "" where there is nothing of that kind."""
    network = model.network
    form = "rows of a table" if model.columns else f"images {model.shape}"
    found = {
        form: model.shape != SHAPE,
        "colours": model.color,
        f"scale {model.scale}": model.scale != "unit",
        "contrast normalisation": model.contrast,
        "whole grey levels (storage uint8)": model.storage != "float32",
        "standardisation": len(model.standardization),
        "whitening": len(model.whitening),
        "flip TTA": model.tta,
        f"{network.members} members": network.members > 1,
    }
    for number, layer in enumerate(network.layers):
        norm, activation = layer.get("norm", "none"), layer["activation"]
        last = number == len(network.layers) - 1
        found[f"layers of the kind {layer['kind']}"] = layer["kind"] != "dense"
        found[f"{norm} normalisation"] = norm != "none"
        found[f"activation {activation}"] = not last and activation != "relu"
    return next((words for words, there in found.items() if there), "")


def _parts(model: Model) -> Iterator[str]:
    """The file in parts of a neuron each."""
    options = model.training.get("options")
    options = options if isinstance(options, dict) else {}
    for number, tensors in enumerate(model.network.tensors()):
        yield '{"Layers":[' if number == 0 else ","
        yield '{"Neurons":['
        weights = np.ascontiguousarray(tensors["weights"].T)
        for neuron, (own, bias) in enumerate(zip(weights, tensors["biases"], strict=True)):
            nothing = [0] * len(own)
            value = {
                "Weights": own.tolist(),
                "Bias": bias.item(),
                "Output": 0,
                "Momentum": nothing,
                "AccumulatedWeightGradients": nothing,
                "AccumulatedBiasGradient": 0,
            }
            yield "," * (neuron > 0) + _compact(value)
        yield '],"Deltas":null,"Activation":{}}'
    given = {name: options.get(ours) for name, ours in PARAMS.items()}
    values = {name: value for name, value in given.items() if _is_number(value)}
    rest = {"Input": [0] * PIXELS, "Params": values, "PrevLayerOutputsBuffer": [0] * PIXELS}
    yield "]," + _compact(rest)[1:]


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _is_number(value: Any) -> bool:
    """Whether it is a number of Go's float64: a record may hold anything."""
    return type(value) in (int, float) and abs(value) <= LARGEST
