from __future__ import annotations

import math

import numpy as np
import pytest

from stages.neuralnet.images.hashing import QUANTILES, dominant_shares, keys, pairs, words

KEY = np.uint64(0)
PINNED_KEYS = ["0xea719a91f2269bcb", "0x5b571d99302e2fe7"]
PINNED_SHARES = [1.0, 0.9999762773513794, 0.9992423057556152, 0.9761566519737244, 0.500191330909729]


def beta_cdf(x: float, alpha: float) -> float:
    """P(t ≤ x) for t ~ Beta(alpha, alpha) and x ≤ 1/2, by its power series (DLMF 8.17.8)."""
    if not x:
        return 0.0
    term = total = 1.0
    for n in range(400):
        term *= (2 * alpha + n) / (alpha + 1 + n) * x
        total += term
    log_beta = 2 * math.lgamma(alpha) - math.lgamma(2 * alpha)
    return total / alpha * math.exp(alpha * math.log(x * (1 - x)) - log_beta)


def test_words_are_those_of_splitmix64():
    found = words(KEY, np.array([1, 2, 3]))  # its first numbers from seed 0
    assert [hex(word) for word in found.tolist()] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]


def test_words_are_the_same_whatever_is_asked_for_with_them():
    rows = np.arange(1000)
    assert (words(KEY, rows)[::-7] == words(KEY, rows[::-7])).all()
    assert (rows == np.arange(1000)).all()
    assert words(KEY, rows[:0]).shape == (0,)


def test_keys_stay_what_they_are():  # or a training would go on with other images
    assert [hex(key) for key in keys(7, 0xA06, 3, 2)] == PINNED_KEYS


def test_keys_differ_by_seed_purpose_and_epoch():
    which = [(s, p, e) for s in (0, 1, 2**32, 2**64) for p in (0, 1) for e in (0, 1, 2**32)]
    found = [key for seed, purpose, epoch in which for key in keys(seed, purpose, epoch, 4)]
    assert len(set(found)) == 4 * len(which)


@pytest.mark.parametrize("bit", range(64))
def test_a_bit_is_as_often_set_as_not_and_tells_nothing_of_the_next_row(bit):
    bits = words(keys(0, 1, 2, 1)[0], np.arange(20000)) >> np.uint64(bit) & np.uint64(1)
    assert abs(bits.mean() - 0.5) < 4 * 0.5 / math.sqrt(20000)
    same = (bits[1:] == bits[:-1]).mean()
    assert abs(same - 0.5) < 4 * 0.5 / math.sqrt(20000)


def test_pairs_reach_every_number_and_no_further():
    ends = np.array([0, 0xFFFFFFFF, 0xFFFFFFFF << 32, 2**64 - 1], np.uint64)
    high, low = pairs(ends, 5, 7)
    assert high.tolist() == [0, 0, 4, 4]
    assert low.tolist() == [0, 6, 0, 6]


def test_pairs_are_uniform_and_independent():
    high, low = pairs(words(KEY, np.arange(70000)), 5, 7)
    counts = np.bincount(high * 7 + low, minlength=35)
    assert ((counts - 2000) ** 2 / 2000).sum() < 65.2  # chi-square, 34 degrees: 0.1%


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.4, 1.0, 2.5, 30.0])
def test_dominant_shares_are_distributed_as_they_should_be(alpha):
    steps = np.arange(QUANTILES, dtype=np.uint64) << np.uint64(52)
    quantiles = dominant_shares(steps, alpha)
    assert (np.diff(quantiles) <= 0).all()
    assert quantiles.min() >= 0.5
    assert quantiles.max() <= 1
    # P(max(x, 1 - x) ≥ q) = 2 P(x ≤ 1 - q); the rounding to 2**-24 blurs small shares
    for number in range(0, QUANTILES, 64):
        t = 1 - quantiles[number]
        low, high = (2 * beta_cdf(max(0.0, t + e * 2.0**-25), alpha) for e in (-1, 1))
        assert low - 1e-6 <= (number + 0.5) / QUANTILES <= high + 1e-6


def test_dominant_shares_at_the_ends_of_alpha():
    bits = words(KEY, np.arange(1000))
    assert (dominant_shares(bits, 1e-300) == 1).all()
    assert (dominant_shares(bits, 5e-324) == 1).all()
    assert (dominant_shares(bits, 1e6) < 0.51).all()
    assert (dominant_shares(bits, 1e12) < 0.51).all()


def test_dominant_shares_stay_what_they_are():
    bits = np.array([0, 2**61, 2**62, 2**63, 2**64 - 1], np.uint64)
    assert dominant_shares(bits, 0.2).tolist() == pytest.approx(PINNED_SHARES, abs=2**-23)
