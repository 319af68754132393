from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.neuralnet import Inputs, Network

from .data import CLASSES, INPUTS, examples, network
from .reference import reference_loss

FEATURES, LABELS = examples(700)


def test_parameters_start_on_a_cache_line_and_tensors_are_views_of_them():
    net = network()
    assert net.parameters.ctypes.data % 64 == 0
    net.tensors()[1]["biases"][:] = 7
    assert (net.parameters == 7).sum() == 12
    assert (net.inputs, net.outputs, net.dtype) == (INPUTS, CLASSES, np.float32)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh", "linear"])
def test_scores_agree_with_the_reference(activation):
    net = network(activation, dtype="float64")
    loss = reference_loss(net, FEATURES, LABELS)
    scores = net.evaluate(FEATURES, LABELS)
    assert scores.loss == pytest.approx(loss, rel=1e-12)
    predicted = net.probabilities(FEATURES).argmax(axis=1)
    assert scores.accuracy == (predicted == LABELS).mean()
    np.testing.assert_allclose(net.probabilities(FEATURES).sum(axis=1), 1)


@given(st.integers(0, 690), st.integers(1, 600), st.integers(1, 4))
def test_an_answer_does_not_depend_on_the_company(start, count, workers):
    net = network(hidden=(64, 33))
    alone = net.logits(FEATURES, workers=1)
    assert (net.logits(FEATURES[:count], workers=workers) == alone[:count]).all()
    rows = np.arange(start, min(start + count, 700))
    found = net.logits(FEATURES, rows, workers=workers)
    assert (net.logits(FEATURES[rows], workers=1) == found).all()
    np.testing.assert_allclose(found, alone[rows], rtol=1e-4, atol=1e-5)


def test_features_may_be_bytes_and_are_standardised():
    images = np.random.default_rng(0).integers(0, 256, (300, INPUTS), np.uint8)
    mean, inverse = images.mean(axis=0), 1 / images.std(axis=0)
    net = network(dtype="float64")
    np.testing.assert_allclose(
        net.logits(images, inputs=Inputs(standardization=np.stack([mean, inverse]))),
        net.logits((images - mean) * inverse),
        rtol=1e-9,
    )
    assert (
        net.logits(images, inputs=Inputs(standardization=np.empty((0, INPUTS))))
        == net.logits(images)
    ).all()


def test_no_rows_no_logits():
    assert network().logits(FEATURES[:0]).shape == (0, CLASSES)
    assert network().evaluate(FEATURES, LABELS, np.empty(0, np.int64)).images == 0


def test_parameters_come_along():
    net = network(dtype="float64")
    again = Network.from_layers(net.layers, net.parameters)
    assert again.dtype == np.float64
    assert (again.logits(FEATURES) == net.logits(FEATURES)).all()
    assert not Network.from_layers(net.layers).parameters.any()


def test_an_ensemble_averages_the_logits_of_its_members():
    net = network(members=3, dtype="float64", norm="batch")
    parts = net.parameters.reshape(3, -1)
    alone = [Network.from_layers(net.layers, own) for own in parts]
    assert (parts[0] == network(dtype="float64", norm="batch").parameters).all()
    assert [one.members for one in alone] == [1, 1, 1]
    assert not np.array_equal(parts[1], parts[2])
    expected = np.mean([one.logits(FEATURES) for one in alone], axis=0)
    np.testing.assert_allclose(net.logits(FEATURES), expected, rtol=1e-12)
    assert (net.logits(FEATURES, workers=3) == net.logits(FEATURES, workers=1)).all()
    for number, one in enumerate(alone):
        for mine, theirs in zip(net.tensors(number), one.tensors(), strict=True):
            assert all((mine[name] == theirs[name]).all() for name in theirs)


def test_an_ensemble_comes_back_from_its_parameters():
    net = network(members=4)
    again = Network.from_layers(net.layers, net.parameters)
    assert again.members == 4
    assert (again.logits(FEATURES) == net.logits(FEATURES)).all()
    with pytest.raises(ValueError, match=r"expected shape \(2420,\), found \(605,\)"):
        net.assign(net.parameters[:605])
    with pytest.raises(ValueError, match=r"expected shape \(1210,\), found \(1211,\)"):
        Network.from_layers(net.layers, np.zeros(1211, np.float32))
    for wrong in (0, 1.0, True, "two"):
        with pytest.raises(ValueError, match="members: expected a whole number of at least 1"):
            Network.from_layers(net.layers, members=wrong)


def test_what_does_not_fit_is_refused():
    net = network()
    with pytest.raises(ValueError, match=r"parameters: expected shape \(605,\), found \(3,\)"):
        Network.from_layers(net.layers, np.zeros(3, np.float32))
    with pytest.raises(ValueError, match="finite numbers, found infinity or NaN"):
        net.assign(np.full(net.parameters.size, np.nan))
    with pytest.raises(ValueError, match="dtype: expected float32 or float64, found 'float16'"):
        Network.create(1, (), 2, dtype="float16")
    with pytest.raises(ValueError, match=r"features: expected \(n, 20\), found \(700,\)"):
        net.logits(FEATURES[:, 0])
    with pytest.raises(ValueError, match=r"rows: .*found int64 \(2,\) from -1 to 3"):
        net.logits(FEATURES, [3, -1])
