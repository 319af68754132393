"""What is drawn for each image: its distribution, and what it does not depend on."""

from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet import Augmentation

from .test_augmentation import SHAPE, fetched, images

MANY = np.arange(40000)


def test_jitter_is_even_and_independent():
    gains, offsets = Augmentation((3, 2, 2), jitter=0.3, levels=(-1, 1)).jitters(MANY, 4)
    drawn = np.column_stack([(gains - 1) / 0.3, offsets / 0.2])
    assert drawn.shape == (len(MANY), 4)
    assert np.abs(drawn).max() <= 1
    assert np.abs(drawn.mean(axis=0)).max() < 0.01
    assert np.abs(np.cov(drawn.T) - np.eye(4) / 3).max() < 0.01
    again, _ = Augmentation((3, 2, 2), jitter=0.3, levels=(-1, 1)).jitters(MANY, 5)
    assert abs(np.corrcoef(gains, again)[0, 1]) < 0.02


def test_half_of_the_images_are_flipped_each_time_others():
    augmentation = Augmentation(SHAPE, "random")
    first, second = augmentation.flips(MANY, 0), augmentation.flips(MANY, 1)
    for flips in (first, second, first ^ second):
        assert abs(flips.mean() - 0.5) < 4 * 0.5 / np.sqrt(len(MANY))


def test_alternating_flips_start_with_a_random_half_and_alternate():
    augmentation = Augmentation(SHAPE, "alternate")
    first = augmentation.flips(MANY, 0)
    assert abs(first.mean() - 0.5) < 4 * 0.5 / np.sqrt(len(MANY))
    for epoch in range(1, 6):
        assert (augmentation.flips(MANY, epoch) == first ^ epoch % 2).all()
    features = images(1, SHAPE)
    both = {fetched(augmentation, features, [0], epoch).tobytes() for epoch in range(4)}
    assert both == {features.tobytes(), features.reshape(SHAPE)[..., ::-1].tobytes()}


def test_shifts_are_uniform_and_independent_of_flips():
    augmentation = Augmentation(SHAPE, "random", shift=2)
    dy, dx = augmentation.shifts(MANY, 3)
    assert {*dy.tolist()} == {*dx.tolist()} == {-2, -1, 0, 1, 2}
    cells = (augmentation.flips(MANY, 3) * 5 + dy + 2) * 5 + dx + 2
    counts, expected = np.bincount(cells, minlength=50), len(MANY) / 50
    assert ((counts - expected) ** 2 / expected).sum() < 85.4  # chi-square, 49 degrees: 0.1%


def test_holes_are_centred_anywhere():
    y, x = Augmentation((1, 5, 8), cutout=3).centres(MANY, 0)
    counts, expected = np.bincount(y * 8 + x, minlength=40), len(MANY) / 40
    assert len(counts) == 40
    assert ((counts - expected) ** 2 / expected).sum() < 72.1  # chi-square, 39 degrees: 0.1%


def test_epochs_and_seeds_are_independent():
    drawn = {}
    for seed in (0, 1, 2):
        augmentation = Augmentation((1, 64, 64), "random", shift=31, cutout=1, mixup=1.0, seed=seed)
        for epoch in (0, 1, 2):
            drawn[seed, epoch] = [
                *augmentation.shifts(MANY, epoch),
                *augmentation.centres(MANY, epoch),
                augmentation.shares(MANY, epoch, "float64"),
            ]
    columns = np.array([values for each in drawn.values() for values in each])
    correlations = np.corrcoef(columns)
    np.fill_diagonal(correlations, 0)
    assert np.abs(correlations).max() < 5 / np.sqrt(len(MANY))


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_are_those_of_a_beta_distribution(alpha):
    shares = Augmentation(SHAPE, mixup=alpha).shares(MANY, 2, "float64")
    assert shares.min() >= 0.5
    # Kolmogorov's distance of 1 - share from Beta(alpha, alpha) below 1/2, integrated over
    # t = s⁸ / 2, whose density has no pole.
    s = (np.arange(200000) + 0.5) / 200000
    t = s**8 / 2
    mass = (t * (1 - t)) ** (alpha - 1) * s**7
    wanted = np.interp(np.sort(1 - shares), t, np.cumsum(mass) / mass.sum())
    found = (np.arange(len(MANY)) + 0.5) / len(MANY)
    seen = np.sort(1 - shares) > 1e-6  # float32 cannot tell smaller ones apart
    assert seen.mean() > 0.9
    assert np.abs(wanted - found)[seen].max() < 1.95 / np.sqrt(len(MANY))  # 0.1%


def test_shares_belong_to_rows():
    augmentation = Augmentation(SHAPE, mixup=0.5)
    shares = augmentation.shares(MANY, 1)
    assert shares.dtype == np.float32
    assert (augmentation.shares(MANY[::-3], 1) == shares[::-3]).all()
    assert (augmentation.shares(MANY, 2) != shares).any()
    assert augmentation.shares(MANY[:5], 1, np.float64).tolist() == shares[:5].tolist()
    assert Augmentation(SHAPE).shares(MANY, 1) is None


@pytest.mark.parametrize("count", [0, 1, 2, 3, 8, 63])
def test_partners_are_all_of_the_batch_but_nobody_is_his_own(count):
    partners = Augmentation.partners(count)
    assert sorted(partners.tolist()) == list(range(count))
    assert count < 2 or (partners != np.arange(count)).all()
    assert count % 2 or (partners[partners] == np.arange(count)).all()


def test_turns_and_zooms_are_uniform_and_change_from_epoch_to_epoch():
    augmentation = Augmentation(SHAPE, rotate=10, zoom=0.1)
    found = augmentation.warpings(MANY, 1)
    counted = np.bincount(found, minlength=225)
    assert len(counted) == 225
    assert abs(counted / len(MANY) * 225 - 1).max() < 0.3
    assert (augmentation.warpings(MANY, 2) != found).mean() > 0.9
