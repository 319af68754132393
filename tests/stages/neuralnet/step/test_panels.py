from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.neuralnet.layers.dense import Dense
from stages.neuralnet.step.panels import pack, panels, unpack


@given(st.integers(1, 6), st.integers(1, 1500), st.sampled_from([1, 64, 600]), st.booleans())
def test_panels_are_all_of_a_layer_and_nothing_else(inputs, outputs, batch, first):
    layer = Dense(inputs, outputs, "relu")
    flat = np.zeros(layer.size)
    found = panels(layer, flat, first, batch)
    for panel in found:
        panel.W[...] += 1
        assert (flat[panel.place] == 1).all()
        assert panel.W.flags.c_contiguous
    assert (flat[: layer.weights] == 1).all()
    assert (flat[layer.weights :] == 0).all()
    assert first or len(found) == 1
    assert [panel.columns.stop for panel in found[:-1]] == [p.columns.start for p in found[1:]]


@given(
    st.integers(1, 6),
    st.integers(1, 1500),
    st.sampled_from([1, 64, 600]),
    st.integers(0, 9),
    st.integers(1, 3),
)
def test_packing_reorders_the_first_layer_and_is_undone(inputs, outputs, batch, rest, members):
    layer = Dense(inputs, outputs, "relu")
    size = layer.size + rest
    plain = np.arange(members * size, dtype=np.float32).reshape(members, size)
    packed, again = np.empty_like(plain), np.empty_like(plain)
    pack(layer, batch, plain, packed)
    for theirs, own in zip(plain, packed, strict=True):
        W = layer.tensors(theirs[: layer.size])["weights"]
        for panel in panels(layer, own[: layer.size], True, batch):
            assert (W[:, panel.columns] == panel.W).all()
    unpack(layer, batch, packed, again)
    assert (again == plain).all()
