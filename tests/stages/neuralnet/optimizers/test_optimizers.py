"""Every optimizer against its textbook formulas, in float64, written as plainly as can be."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from stages.neuralnet.optimizers import OPTIMIZERS, SGD, AdamW, Averaged, Muon, make_optimizer

RATES = [0.5, 0.5, 0.1, 0.7, 0.01, 0.01]


def sgd(W, g, s, lr, t, momentum=0.9, nesterov=False):
    s["v"] = momentum * s.get("v", 0) + g
    return W - lr * (g + momentum * s["v"] if nesterov else s["v"])


def rmsprop(W, g, s, lr, t, rho=0.99, momentum=0.0, eps=1e-8):
    s["v"] = rho * s.get("v", 0) + (1 - rho) * g**2
    s["u"] = momentum * s.get("u", 0) + g / (np.sqrt(s["v"]) + eps)
    return W - lr * s["u"]


def adam(W, g, s, lr, t, momentum=0.9, beta2=0.999, eps=1e-8):
    s["m"] = momentum * s.get("m", 0) + (1 - momentum) * g
    s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * g**2
    mean, square = s["m"] / (1 - momentum**t), s["v"] / (1 - beta2**t)
    return W - lr * mean / (np.sqrt(square) + eps)


def lion(W, g, s, lr, t, momentum=0.9, beta2=0.99):
    m = s.get("m", 0)
    s["m"] = beta2 * m + (1 - beta2) * g
    return W - lr * np.sign(momentum * m + (1 - momentum) * g)


def muon(W, g, s, lr, t, ratio=0.015, momentum=0.95):
    return adam(W, g, s, lr * ratio, t, beta2=0.95)


CASES = {
    "sgd": (sgd, {}),
    "sgd without momentum": (sgd, {"momentum": 0.0}),
    "sgd nesterov": (sgd, {"nesterov": True}),
    "rmsprop": (rmsprop, {}),
    "rmsprop momentum": (rmsprop, {"momentum": 0.8, "rho": 0.9}),
    "adam": (adam, {}),
    "adam other": (adam, {"momentum": 0.5, "beta2": 0.9, "eps": 0.01}),
    "adam without momentum": (adam, {"momentum": 0.0}),
    "adamw": (adam, {}),
    "lion": (lion, {}),
    "lion other": (lion, {"momentum": 0.95, "beta2": 0.5}),
    "muon": (muon, {}),
    "muon other": (muon, {"ratio": 0.1}),
}
KEPT_SMALL = {
    f"l2 {l2}, decay {lost}": {"l2": l2, "weight_decay": lost}
    for l2 in (0.0, 0.1)
    for lost in (0.0, 0.2)
}


def steps(optimizer, W, gradients, decay=True, cuts=(slice(None),), update=None):
    """W after the steps, and the slots, the blocks one by one."""
    W, slots, previous = W.copy(), np.zeros((optimizer.slots, *W.shape)), RATES[0]
    for count, (lr, g) in enumerate(zip(RATES, gradients, strict=True)):
        numbers = [np.array(n) for n in optimizer.coefficients(lr, previous, count)]
        for own in cuts:
            gradient = g[own] * optimizer.scale(lr)
            (update or optimizer.update)(W[own], gradient, slots[:, own], numbers, decay)
        previous = lr
    return W, slots


def by_the_book(formula, options, W, gradients, l2=0.0, weight_decay=0.0):
    state = {}
    for t, (lr, g) in enumerate(zip(RATES, gradients, strict=True), start=1):
        moved = formula(W, g + l2 * W, state, lr, t, **options)
        lr = lr * options.get("ratio", 0.015) if formula is muon else lr
        W = moved - lr * weight_decay * W
    return W


def drawn(shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape), rng.standard_normal((len(RATES), *shape))


@pytest.mark.parametrize("regular", KEPT_SMALL.values(), ids=KEPT_SMALL)
@pytest.mark.parametrize("case", CASES)
def test_formulas(case, regular):
    (formula, options), (W, gradients) = CASES[case], drawn((7,))
    optimizer = make_optimizer(case.split()[0], **options, **regular)
    found, slots = steps(optimizer, W, gradients)
    expected = by_the_book(formula, options, W, gradients, **regular)
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    assert np.isfinite(slots).all()


@pytest.mark.parametrize("case", CASES)
def test_biases_are_spared_both_ways_of_regularisation(case):
    (_, options), (W, gradients) = CASES[case], drawn((7,))
    name = case.split()[0]
    plain = steps(make_optimizer(name, **options, l2=0, weight_decay=0), W, gradients)[0]
    spared = make_optimizer(name, **options, l2=0.1, weight_decay=0.2)
    assert (steps(spared, W, gradients, decay=False)[0] == plain).all()


@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_blocks_do_not_matter(case, average):
    (_, options), (W, gradients) = CASES[case], drawn((40,))
    optimizer = make_optimizer(case.split()[0], **options, l2=0.1, weight_decay=0.2)
    optimizer = Averaged(optimizer) if average else optimizer
    whole = steps(optimizer, W, gradients)
    parts = steps(optimizer, W, gradients, cuts=(slice(0, 3), slice(3, 24), slice(24, 40)))
    assert (whole[0] == parts[0]).all()
    assert (whole[1] == parts[1]).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_single_precision_follows_double(name):
    optimizer = make_optimizer(name, l2=0.01, weight_decay=0.1)
    W, gradients = drawn((9,))
    double, slots = steps(optimizer, W, gradients)
    single, slots, previous = W.astype(np.float32), slots.astype(np.float32) * 0, RATES[0]
    for count, (lr, g) in enumerate(zip(RATES, gradients.astype(np.float32), strict=True)):
        numbers = [np.array(n, "f4") for n in optimizer.coefficients(lr, previous, count)]
        optimizer.update(single, g * np.float32(optimizer.scale(lr)), slots, numbers)
        previous = lr
    np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_has_no_gradient_stays(name):
    optimizer = make_optimizer(name, weight_decay=0)
    W = np.array([1.0, -2.0])
    assert (steps(optimizer, W, np.zeros((len(RATES), 2)))[0] == W).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_is_plain_data(name):
    optimizer = Averaged(make_optimizer(name))
    assert pickle.loads(pickle.dumps(optimizer)) == optimizer
    assert optimizer.matrices == (name == "muon")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("sgd", {"momentum": 1.0}, r"momentum: expected a number in \[0, 1\), found 1.0"),
        ("sgd", {"nesterov": 1}, "nesterov: expected True or False, found 1"),
        ("rmsprop", {"rho": -0.1}, "rho: expected"),
        ("rmsprop", {"eps": 0}, "eps: expected a finite number above 0, found 0"),
        ("adam", {"beta2": 1}, "beta2: expected"),
        ("lion", {"momentum": 0}, r"momentum: expected a number in \(0, 1\), found 0"),
        ("muon", {"ratio": np.inf}, "ratio: expected"),
        *((name, {"l2": -1.0}, "l2: expected a finite number of at least") for name in OPTIMIZERS),
        *((name, {"l2": np.nan}, "l2") for name in OPTIMIZERS),
        *((name, {"weight_decay": np.inf}, "weight_decay") for name in OPTIMIZERS),
        ("sgd", {"beta2": 0.9}, "options of sgd: expected one of momentum, .*, found 'beta2'"),
        ("sdg", {}, "optimizer: expected one of sgd, .*, muon, found 'sdg'"),
    ],
)
def test_senseless_options_are_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        make_optimizer(name, **options)


def test_none_is_the_default():
    assert make_optimizer("sgd", momentum=None, beta2=None) == SGD()
    assert make_optimizer("adamw") == AdamW()
    assert AdamW().weight_decay == 0.01
    assert make_optimizer("muon", momentum=None) == Muon()
