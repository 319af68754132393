"""What a network and a trainer are given: both refuse the same, in the same words."""

from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet import (
    SGD,
    Augmentation,
    Averaged,
    Inputs,
    Network,
    Trainer,
    make_optimizer,
    make_schedule,
)

from .data import FEATURES, LABELS, network, train, trainer

WRONG_LABELS = {
    "fewer": LABELS[:1],
    "more": np.append(LABELS, 0),
    "columns": LABELS[:, None],
    "too large": LABELS + 1,
    "negative": LABELS.astype(int) - 1,
    "huge": LABELS.astype(np.uint64) + np.uint64(2**63),
    "fractions": LABELS + 0.5,
    "floats": LABELS.astype(float),
    "truth values": LABELS > 2,
    "text": LABELS.astype(str),
    "objects": LABELS.astype(object),
}


@pytest.mark.parametrize("labels", WRONG_LABELS.values(), ids=WRONG_LABELS)
def test_labels_that_are_none(labels):
    with pytest.raises(ValueError, match=r"labels: expected whole numbers \(150,\) in \[0, 5\)"):
        trainer(labels=labels)
    for rows in (None, np.array([0])):
        with pytest.raises(ValueError, match=r"labels: expected whole numbers \(150,\) in"):
            network().evaluate(FEATURES, labels, rows)


@pytest.mark.parametrize("name", ["features", "labels", "rows", "weights"])
def test_what_a_mask_hides_is_no_number(name):
    rows = np.arange(150)
    given = {"features": FEATURES, "labels": LABELS, "rows": rows, "weights": np.ones(150)}
    given[name] = np.ma.masked_less(given[name], 1)
    with pytest.raises(ValueError, match=f"{name}: expected an array without a mask"):
        trainer(**given)
    given.pop("weights")
    if name != "weights":
        with pytest.raises(ValueError, match=f"{name}: expected an array without a mask"):
            network().evaluate(**given)


WRONG_ROWS = {
    "mask": np.arange(150) % 2 == 0,
    "too large": [150],
    "negative": [-1],
    "fractions": [0.5],
    "floats": [1.0],
    "text": ["1"],
    "two axes": [[1, 2]],
    "one number": 3,
}


@pytest.mark.parametrize("rows", WRONG_ROWS.values(), ids=WRONG_ROWS)
def test_rows_that_are_none(rows):
    expected = r"expected row numbers \(n,\) in \[0, 150\)"
    calls = (
        lambda: network().evaluate(FEATURES, LABELS, rows=rows),
        lambda: network().logits(FEATURES, rows=rows),
        lambda: network().probabilities(FEATURES, rows=rows),
        lambda: trainer(rows=rows),
        lambda: trainer(order=lambda epoch: rows),
    )
    for call in calls:
        with pytest.raises(ValueError, match=expected):
            call()


def test_images_of_two_shapes():
    local = {"inputs": 20, "shape": (1, 4, 5), "local": [(2, 2, 3)]}
    augment, inputs = Augmentation((1, 5, 4)), Inputs(shape=(1, 4, 5))
    for net, options in (
        (network(), {"augment": augment, "inputs": inputs}),
        (network(**local), {"augment": augment}),
        (network(**local), {"inputs": Inputs(shape=(5, 2, 2))}),
    ):
        with pytest.raises(ValueError, match=r"shape: expected one shape of images, found .* of "):
            trainer(net, **options)
    trainer(network(**local), inputs=inputs, augment=Augmentation((1, 4, 5))).close()


def test_a_mask_is_not_taken_for_row_numbers():
    with pytest.raises(ValueError, match=r"of a mask: np.flatnonzero"):
        network().logits(FEATURES, rows=np.ones(150, bool))


@pytest.mark.parametrize("rows", [[], np.empty(0), np.empty(0, bool)], ids=str)
def test_no_rows_are_rows(rows):
    assert network().logits(FEATURES, rows=rows).shape == (0, 5)
    assert network().evaluate(FEATURES, LABELS, rows).images == 0


@pytest.mark.parametrize("kind", [complex, str, bool, object, "M8[s]"])
def test_features_that_are_no_numbers(kind):
    features = np.zeros((150, 20), kind)
    for call in (
        lambda: network().logits(features),
        lambda: network().evaluate(features, LABELS),
        lambda: trainer(features=features),
    ):
        with pytest.raises(ValueError, match="features: expected real numbers"):
            call()


NUMPY = {
    "network": lambda: Network.create(
        np.int64(20), np.array([16, 12]), LABELS.max() + 1, dropout=np.float32(0), seed=np.uint8(3),
        members=np.int8(1),
    ),
    "trainer": lambda: trainer(
        batch=np.int64(32), workers=np.uint8(1), smoothing=np.float32(0.25), clip=np.float64(2),
        seed=np.int16(3),
    ),
    "optimizer": lambda: Averaged(make_optimizer("adam", momentum=np.float32(0.5), l2=np.int64(0))),
    "schedule": lambda: make_schedule("linear", np.float32(0.5), np.int64(3), final=np.array(0.0)),
    "augmentation": lambda: Augmentation(
        np.array([1, 4, 5]), shift=np.int64(2), zoom=np.float32(0.5), cutout=np.uint8(1)
    ),
    "inputs": lambda: Inputs(np.float32(0.5), np.int64(1)),
}  # fmt: skip


@pytest.mark.parametrize("make", NUMPY.values(), ids=NUMPY)
def test_numbers_of_numpy_are_numbers(make):
    made = make()
    getattr(made, "close", lambda: None)()


def test_they_give_what_plain_ones_give():
    plain, _ = train(network(), (2,), batch=32, smoothing=0.25)
    found, _ = train(network(), (np.int64(2),), batch=np.int32(32), smoothing=np.float32(0.25))
    assert (found == plain).all()
    layers = network(hidden=np.array([16, 12]), classes=LABELS.max() + 1).layers
    assert repr(layers) == repr(network().layers)  # plain data, ready for JSON
    with trainer() as t:
        t.run(np.int64(0), np.int8(0), np.uint8(2), np.float32(0.5))
        t.run(0, 2, 4, np.array([0.5, 0.5], np.float32))
        t.run(0, 4, 5, np.array(0.5))


NO_NUMBERS = {
    "lr": lambda value: trainer().run(0, 0, 1, value),
    "lr, each": lambda value: trainer().run(0, 0, 1, [value]),
    "batch": lambda value: trainer(batch=value),
    "workers": lambda value: trainer(workers=value),
    "clip": lambda value: trainer(clip=value),
    "momentum": lambda value: SGD(momentum=value),
    "beta2": lambda value: make_optimizer("adamw", beta2=value),
    "decay": lambda value: Averaged(SGD(), value),
    "epochs": lambda value: make_schedule("cosine", 0.1, value),
    "shift": lambda value: Augmentation((3, 8, 8), shift=value),
    "scale": lambda value: Inputs(scale=value),
    "classes": lambda value: Network.create(4, (), value),
    "members": lambda value: network(members=value),
    "seed": lambda value: network(seed=value),
}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("value", [True, np.True_, "1", "0.5", 1j, [[1]]], ids=repr)
@pytest.mark.parametrize("call", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_truth_values_and_texts_are_none(call, value):
    with pytest.raises(ValueError, match="expected"):
        call(value)


def test_a_trainer_needs_two_rows_for_a_variance():
    net = network(norm="batch")
    with pytest.raises(ValueError, match=r"batch: expected at least 2 rows, .* found 1"):
        Trainer(net, SGD(), FEATURES, LABELS, batch=1)
    Trainer(network(norm="layer"), SGD(), FEATURES, LABELS, batch=1, workers=1).close()
