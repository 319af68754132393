from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.neuralnet import ACTIVATIONS, Network
from stages.neuralnet.layers.stack import build

GOOD = {"kind": "dense", "inputs": 4, "outputs": 3, "activation": "linear"}


@given(
    st.lists(st.integers(1, 5), min_size=2, max_size=5),
    st.sampled_from(sorted(ACTIVATIONS)),
)
def test_descriptions_survive_json(widths, activation):
    network = Network.create(widths[0], widths[1:-1], widths[-1], activation, "zeros")
    again = Network.from_layers(json.loads(json.dumps(network.layers)))
    assert again.layers == network.layers
    assert again.structure == network.structure


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "conv"}, r"layers\[0\]: kind: expected one of dense, local, found 'conv'"),
        ({"kind": ["dense"]}, "kind: expected"),
        ({"inputs": 0}, "inputs: expected a whole number of at least 1, found 0"),
        ({"inputs": 2.0}, "inputs: expected a whole number"),
        ({"outputs": True}, "outputs: expected a whole number"),
        ({"activation": "relu"}, "activation: expected linear, for the outputs of the last"),
        ({"activation": "step"}, "activation: expected one of relu, .*found 'step'"),
        ({"activation": {}}, "activation: expected one of"),
        (
            {"extra": 1},
            "expected activation, inputs, outputs, perhaps .*, found activation, extra, inputs",
        ),
        ({1: 1}, "expected activation, inputs, outputs, perhaps .*, found 1, "),
    ],
)
def test_a_wrong_description_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        build([GOOD | change])


@pytest.mark.parametrize("layers", [[], {}, "dense", None])
def test_layers_are_a_list(layers):
    with pytest.raises(ValueError, match="layers: expected a list of at least one"):
        build(layers)


def test_a_layer_is_an_object():
    with pytest.raises(ValueError, match=r"layers\[1\]: expected an object, found 'dense'"):
        build([GOOD, "dense"])
    with pytest.raises(ValueError, match=r"layers\[0\]: expected activation.*, found nothing"):
        build([{"kind": "dense"}])


def test_widths_must_meet():
    with pytest.raises(ValueError, match=r"layers\[1\]: inputs: expected 3, .* found 4"):
        build([GOOD | {"activation": "relu"}, GOOD])
