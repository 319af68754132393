"""Steps: what every format must know."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.errors import ConfigError
from stages import neuralnet as nn
from stages.modelfile.formats.onnx_steps import NODES
from stages.modelfile.formats.python_steps import FUNCTIONS, LINES
from stages.modelfile.formats.steps import feature_steps, layer_steps
from stages.neuralnet.layers.layer import VECTORS
from tests.stages.models import model


def test_no_format_lacks_a_step():
    needed = set(nn.ACTIVATIONS) - {"linear"} | {f"{norm}_norm" for norm in VECTORS} - {"none_norm"}
    assert needed <= NODES.keys()
    assert NODES.keys() == FUNCTIONS.keys() | LINES.keys()


def kinds(steps):
    return [step.kind for step in steps]


def test_the_order_is_that_of_training():
    made = model(scale="symmetric", storage="uint8", contrast=True, standardized=True, components=4)
    steps = feature_steps(made)
    assert kinds(steps) == [
        *("luma", "round", "scale", "offset", "contrast", "standardize", "whiten"),
    ]
    made = model(scale="symmetric", dtype="float64")
    assert kinds(feature_steps(made)) == ["luma", "scale", "offset", "cast"]
    assert kinds(feature_steps(model(color=True))) == ["colors", "scale"]


def test_bytes_are_scaled_in_the_type_of_the_network_and_floats_before():
    for storage, dtype in (("uint8", np.float64), ("float32", np.float32)):
        steps = feature_steps(model(storage=storage, dtype="float64"))
        (scale,) = (step.constants["scale"] for step in steps if step.kind == "scale")
        assert scale.dtype == dtype


def test_layers_with_what_they_are_called_in_the_model():
    made = model(norm="batch", activation="gelu", dropout=0.5)
    steps = layer_steps(made)
    assert kinds(steps) == ["dense", "batch_norm", "gelu", "dense"]
    assert list(steps[1].constants) == [
        f"layers.0.{name}" for name in ("gains", "biases", "means", "variances")
    ]
    tensors = made.network.tensors()
    assert steps[3].constants["layers.1.weights"] is not None
    assert (steps[3].constants["layers.1.weights"] == tensors[1]["weights"]).all()


def test_the_constants_of_one_member_and_of_all():
    made = model(members=3)
    one, everyone = layer_steps(made, 2), layer_steps(made, None)
    for own, all_of_them in zip(one, everyone, strict=True):
        for name, array in own.constants.items():
            assert (all_of_them.constants[name][2] == array).all()


def test_a_layer_that_no_format_knows_is_refused():
    network = SimpleNamespace(layers=[{"kind": "conv"}], tensors=lambda member: [{}])
    with pytest.raises(ConfigError, match="expected layers of the kind dense or local, found conv"):
        layer_steps(SimpleNamespace(network=network))
