"""The statistics, against figures from the literature and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from stages.commands.report.statistics import calibration, class_scores, mcnemar, wilson


@pytest.mark.parametrize(
    ("hits", "images", "low", "high"),
    [  # R. G. Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_of_wilson(hits, images, low, high):
    assert wilson(hits, images) == pytest.approx((low, high), abs=5e-5)


def test_an_interval_stays_within_0_and_1():
    assert wilson(0, 0) == (0, 1)
    assert wilson(5, 5)[1] == 1
    low, high = wilson(5000, 10_000)
    assert high - low == pytest.approx(2 * 1.96 * 0.005, rel=1e-3)


def test_precision_recall_and_f1():
    found = class_scores(np.array([[8, 2, 0], [4, 6, 0], [0, 0, 0]]))
    assert found.images.tolist() == [10, 10, 0]
    assert found.precision[:2] == pytest.approx([8 / 12, 6 / 8])
    assert found.recall[:2] == pytest.approx([0.8, 0.6])
    harmonic = [2 * p * r / (p + r) for p, r in ((8 / 12, 0.8), (6 / 8, 0.6))]
    assert found.f1[:2] == pytest.approx(harmonic)
    assert np.isnan([found.precision[2], found.recall[2], found.f1[2]]).all()


def test_calibration_by_hand():
    found = calibration(np.array([0.9, 0.92, 0.32, 1.0]), np.array([True, False, True, True]))
    assert found.images.sum() == 4
    assert found.images[[4, 13, 14]].tolist() == [1, 2, 1]  # 0.32 · 15 = 4.8; 1.0 is in the last
    assert found.accuracy[13] == 0.5
    assert found.error == pytest.approx((0.68 + (1.82 - 1) + 0) / 4)
    assert found.bias == pytest.approx((0.9 + 0.92 + 0.32 + 1 - 3) / 4)


def test_perfect_calibration_has_no_error():
    right = np.arange(1000) % 10 < 8
    found = calibration(np.full(1000, 0.8), right)
    assert found.error == pytest.approx(0, abs=1e-12)


def test_mcnemar():
    assert mcnemar(0, 0) == 1
    assert mcnemar(7, 7) == 1
    assert mcnemar(0, 5) == pytest.approx(2 / 32)
    assert mcnemar(10, 2) == pytest.approx(2 * (1 + 12 + 66) / 4096)
    assert mcnemar(2, 10) == mcnemar(10, 2)
    assert 0 <= mcnemar(5000, 4000) < 1e-20
    assert mcnemar(2050, 1950) == pytest.approx(0.1176, abs=5e-4)  # normal: z = 99/√4000
