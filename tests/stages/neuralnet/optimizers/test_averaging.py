from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet.optimizers import SGD, Averaged, Muon, make_optimizer

from .test_optimizers import CASES, RATES, drawn, steps


@pytest.mark.parametrize("case", CASES)
def test_the_last_slot_averages_what_the_optimizer_does(case):
    (_, options), (W, gradients) = CASES[case], drawn((7,))
    plain = make_optimizer(case.split()[0], **options)
    found, slots = steps(Averaged(plain, 0.2), W, gradients)
    average, course = None, [steps_until(plain, W, gradients, n) for n in range(1, len(RATES) + 1)]
    for count, moved in enumerate(course):
        kept = min(0.2, (1 + count) / (10 + count))
        average = kept * average + (1 - kept) * moved if count else moved
    assert (found == course[-1]).all()
    np.testing.assert_allclose(slots[-1], average, rtol=1e-13)


def steps_until(optimizer, W, gradients, stop):
    W, slots, previous = W.copy(), np.zeros((optimizer.slots, *W.shape)), RATES[0]
    for count, (lr, g) in enumerate(zip(RATES[:stop], gradients[:stop], strict=True)):
        numbers = optimizer.coefficients(lr, previous, count)
        optimizer.update(W, g * optimizer.scale(lr), slots, numbers)
        previous = lr
    return W


def test_matrices_are_averaged_too():
    (W, gradients), averaged = drawn((6, 4)), Averaged(Muon(), 0.0)
    scratch = np.empty(averaged.scratch(6, 4))

    def update(W, G, slots, numbers, decay):
        averaged.update_matrix(W, G, slots, numbers, scratch)

    found, slots = steps(averaged, W, gradients, update=update)
    assert not (found == W).all()
    np.testing.assert_allclose(slots[-1], found, rtol=1e-12)
    assert slots.shape == (3, 6, 4)


def test_what_others_move_is_taken_in():
    averaged, slots = Averaged(SGD(), 0.999), np.zeros((2, 3))
    for count, numbers in enumerate(np.array([[4.0, 5, 6], [8, 9, 10]])):
        averaged.observe(numbers, slots, averaged.coefficients(0.1, 0.1, count))
    np.testing.assert_allclose(slots, [[0] * 3, np.array([4, 5, 6]) + 4 * (1 - 2 / 11)])


@pytest.mark.parametrize("decay", [-0.1, 1, np.nan])
def test_senseless_decays_are_refused(decay):
    with pytest.raises(ValueError, match="decay: expected"):
        Averaged(SGD(), decay)
