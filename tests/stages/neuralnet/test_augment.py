from __future__ import annotations

import math
import pickle
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.neuralnet.augment import FLIPS, Augmentation
from stages.neuralnet.warp import counts

MANY = np.arange(40000)
SHAPE = (3, 8, 8)


def images(count: int, shape: tuple[int, int, int], dtype: str = "uint8") -> np.ndarray:
    pixels = np.random.default_rng(1).integers(0, 256, (count, int(np.prod(shape))))
    return pixels.astype(dtype)


def fetched(augmentation, features, rows, epoch=0, room=None):
    rows = np.asarray(rows)
    out = np.full((len(rows), features.shape[1]), 99, features.dtype)
    augmentation.fetch(features, rows, epoch, out, room)
    return out


def reference(augmentation: Augmentation, stored: np.ndarray, row: int, epoch: int) -> np.ndarray:
    """One image, step by step, in float64."""
    _, height, width = augmentation.shape
    one, most, side = np.array([row]), augmentation.shift, augmentation.cutout
    image = stored.astype(np.float64).reshape(augmentation.shape)
    if augmentation.flips(one, epoch)[0]:
        image = np.array([[line[::-1] for line in channel] for channel in image])
    (dy,), (dx,) = augmentation.shifts(one, epoch)
    padded = np.pad(image, ((0, 0), (most, most), (most, most)), mode="reflect")
    image = padded[:, most + dy :, most + dx :][:, :height, :width].copy()
    if augmentation.warps:
        image = warped(image, augmentation, int(augmentation.warpings(one, epoch)[0]))
    if augmentation.jitter:
        (gain,), (offsets,) = augmentation.jitters(one, epoch)
        low, high = augmentation.levels
        middle = (low + high) / 2
        image = middle + gain * (image - middle) + offsets[:, None, None]
        image = np.minimum(np.maximum(image, low), high)
        image = image if stored.dtype.kind == "f" else np.rint(image)
    (cy,), (cx,) = augmentation.centres(one, epoch)
    means = image.mean(axis=(1, 2))
    for y in range(height):
        for x in range(width):
            inside = 0 <= y - cy + side // 2 < side and 0 <= x - cx + side // 2 < side
            if inside:
                image[:, y, x] = means if stored.dtype.kind == "f" else np.rint(means)
    return image.reshape(-1)


def warped(image: np.ndarray, augmentation: Augmentation, number: int) -> np.ndarray:
    """The image turned and zoomed, pixel by pixel."""
    _, height, width = image.shape
    angles, factors = counts(augmentation.rotate, augmentation.zoom)
    turns, zooms = ([n - count // 2 for n in range(count)] for count in (angles, factors))
    angle = math.radians(augmentation.rotate * turns[number // factors] / 7)
    scale = (1 + augmentation.zoom) ** (-zooms[number % factors] / 7)
    pad = 4 * max(height, width)
    padded = np.pad(image, ((0, 0), (pad, pad), (pad, pad)), mode="reflect")
    found = np.empty_like(image)
    for y in range(height):
        for x in range(width):
            up, left = (height - 1) / 2, (width - 1) / 2
            down = scale * (math.cos(angle) * (y - up) + math.sin(angle) * (x - left)) + up
            right = scale * (math.cos(angle) * (x - left) - math.sin(angle) * (y - up)) + left
            place = pad + round(round(down, 6)), pad + round(round(right, 6))
            found[:, y, x] = padded[:, *place]
    return found


@st.composite
def augmentations(draw):
    height, width = draw(st.integers(1, 9)), draw(st.sampled_from([1, 2, 3, 5, 8, 16]))
    return Augmentation(
        shape=(draw(st.integers(1, 4)), height, width),
        flip=draw(st.sampled_from(FLIPS)),
        shift=draw(st.integers(0, min(height, width) - 1)),
        rotate=draw(st.sampled_from([0.0, 12.0, 180.0])),
        zoom=draw(st.sampled_from([0.0, 0.15, 1.0])),
        jitter=draw(st.sampled_from([0.0, 0.3, 1.0])),
        cutout=draw(st.integers(0, 12)),
        mixup=draw(st.sampled_from([0.0, 0.3])),
        seed=draw(st.integers(0, 2**70)),
    )


BATCH = st.lists(st.integers(0, 29), max_size=20)
DTYPE = st.sampled_from(["uint8", "int16", "float32", "float64"])


@given(augmentations(), BATCH, st.integers(0, 2**40), DTYPE)
@settings(max_examples=200, derandomize=True, deadline=None)
def test_each_image_is_as_the_reference_has_it(augmentation, batch, epoch, dtype):
    features = images(30, augmentation.shape, dtype)
    found = fetched(augmentation, features, np.array(batch, np.int64), epoch)
    assert found.dtype == features.dtype
    for row, image in zip(batch, found, strict=True):
        wanted = reference(augmentation, features[row], row, epoch)
        near = 1.001 * (augmentation.jitter > 0 and image.dtype.kind != "f")  # two ways to round
        assert np.allclose(image, wanted, rtol=1e-6, atol=near or 1e-4)
        assert near == 0 or np.mean(image != wanted) < 0.1
    assert (features == images(30, augmentation.shape, dtype)).all()


@given(augmentations(), BATCH, st.lists(st.integers(0, 20), max_size=4), DTYPE)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_batches_may_be_cut_and_ordered_anyhow(augmentation, batch, cuts, dtype):
    features, rows = images(30, augmentation.shape, dtype), np.array(batch, np.int64)
    room = np.empty(len(rows) * features.shape[1] + 3, np.float64)
    whole = fetched(augmentation, features, rows, 5, room)
    pieces = np.split(rows, sorted(min(cut, len(rows)) for cut in cuts))
    assert (
        np.concatenate([fetched(augmentation, features, p, 5, room) for p in pieces]) == whole
    ).all()
    assert (fetched(augmentation, features, rows[::-1], 5) == whole[::-1]).all()


@pytest.mark.parametrize("flip", FLIPS)
@pytest.mark.parametrize("shift", [0, 2])
def test_floats_and_bytes_agree(flip, shift):
    augmentation = Augmentation(SHAPE, flip, shift, seed=4)
    rows, features = np.arange(30), images(30, SHAPE)
    found = fetched(augmentation, features, rows)
    assert (fetched(augmentation, features.astype(np.float32), rows) == found).all()
    filled = Augmentation(SHAPE, flip, shift, cutout=3, seed=4)
    found = fetched(filled, features, rows)
    assert np.abs(fetched(filled, features.astype(np.float64), rows) - found).max() <= 0.5


def test_features_may_be_a_read_only_memory_map(tmp_path):
    features = images(30, SHAPE)
    np.save(tmp_path / "features.npy", features)
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    augmentation = Augmentation(SHAPE, "random", shift=3, cutout=2)
    rows = np.arange(29, -1, -1)
    assert (fetched(augmentation, mapped, rows) == fetched(augmentation, features, rows)).all()


def test_nothing_is_done_unless_asked_for():
    features, rows = images(30, SHAPE), np.array([4, 29, 4])
    augmentation = Augmentation(SHAPE)
    assert not augmentation.any
    assert (fetched(augmentation, features, rows) == features[rows]).all()
    assert not Augmentation(SHAPE, mixup=0.2).any
    flips = {"flip": "random"}, {"flip": "alternate"}
    for option in (*flips, {"shift": 1}, {"jitter": 0.1}, {"cutout": 1}):
        augmentation = Augmentation(SHAPE, **option)
        assert augmentation.any
        assert (fetched(augmentation, features, np.arange(30)) != features).any()


def test_at_the_end_images_are_only_flipped_and_shifted():
    gentle = {"flip": "random", "shift": 2, "seed": 4}
    heavy = {"rotate": 9.0, "zoom": 0.1, "jitter": 0.2, "cutout": 3, "mixup": 0.3}
    features, rows = images(30, SHAPE), np.arange(30)
    some, all_of_it = Augmentation(SHAPE, **gentle), Augmentation(SHAPE, **gentle, **heavy)
    ends = Augmentation(SHAPE, **gentle, **heavy, until=5)
    for epoch, like in ((4, all_of_it), (5, some), (6, some)):
        assert (fetched(ends, features, rows, epoch) == fetched(like, features, rows, epoch)).all()
    assert not np.array_equal(fetched(some, features, rows, 4), fetched(ends, features, rows, 4))
    assert (ends.shares(rows, 4) == all_of_it.shares(rows, 4)).all()
    assert (ends.shares(rows, 5) == 1).all()
    assert ends.shares(rows, 5).dtype == np.float32


def test_jitter_is_even_and_independent():
    gains, offsets = Augmentation((3, 2, 2), jitter=0.3, levels=(-1, 1)).jitters(MANY, 4)
    drawn = np.column_stack([(gains - 1) / 0.3, offsets / 0.2])
    assert drawn.shape == (len(MANY), 4)
    assert np.abs(drawn).max() <= 1
    assert np.abs(drawn.mean(axis=0)).max() < 0.01
    assert np.abs(np.cov(drawn.T) - np.eye(4) / 3).max() < 0.01
    again, _ = Augmentation((3, 2, 2), jitter=0.3, levels=(-1, 1)).jitters(MANY, 5)
    assert abs(np.corrcoef(gains, again)[0, 1]) < 0.02


def test_floats_are_jittered_in_their_own_range():
    features = images(30, SHAPE)
    found = fetched(Augmentation(SHAPE, jitter=0.5, seed=4), features, np.arange(30))
    assert found.min() == 0
    assert found.max() == 255
    for low, high in ((0.0, 1.0), (-1.0, 1.0)):
        scaled = (features / 255 * (high - low) + low).astype(np.float32)
        floats = Augmentation(SHAPE, jitter=0.5, seed=4, levels=(low, high))
        levels = (fetched(floats, scaled, np.arange(30)) - low) / (high - low) * 255
        assert np.abs(levels - found).max() < 0.501


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


def test_pickled_it_does_the_same():
    augmentation = Augmentation(SHAPE, "alternate", 2, 20.0, 0.2, 3, 0.4, seed=9)
    again, features = pickle.loads(pickle.dumps(augmentation)), images(30, SHAPE)
    assert again == augmentation
    assert (fetched(again, features, range(30)) == fetched(augmentation, features, range(30))).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"flip": "always"}, "flip: expected none, random or alternate, found 'always'"),
        ({"shift": 8}, "shift: expected 0 to 7 pixels, found 8"),
        ({"shift": -1}, "shift: expected 0 to 7 pixels, found -1"),
        ({"rotate": -1}, "rotate: expected 0 to 180 degrees, found -1"),
        ({"rotate": float("nan")}, "rotate: expected 0 to 180 degrees, found nan"),
        ({"zoom": 1.5}, "zoom: expected 0 to 1, found 1.5"),
        ({"jitter": -0.1}, "jitter: expected 0 to 1, found -0.1"),
        ({"jitter": 1.1}, "jitter: expected 0 to 1, found 1.1"),
        ({"cutout": -1}, "cutout: expected 0 or more pixels, found -1"),
        ({"mixup": -0.1}, "mixup: expected a finite number, 0 or more, found -0.1"),
        ({"mixup": float("inf")}, "mixup: expected a finite number, 0 or more, found inf"),
        ({"mixup": float("nan")}, "mixup: expected a finite number, 0 or more, found nan"),
        ({"seed": -1}, "seed: expected 0 or more, found -1"),
        ({"shape": (8, 9)}, "shape: expected (channels, height, width), found (8, 9)"),
        ({"shape": (3, 0, 9)}, "shape: expected (channels, height, width), found (3, 0, 9)"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Augmentation(**({"shape": (3, 8, 9)} | options))


def test_turns_and_zooms_are_uniform_and_change_from_epoch_to_epoch():
    augmentation = Augmentation(SHAPE, rotate=10, zoom=0.1)
    found = augmentation.warpings(MANY, 1)
    counted = np.bincount(found, minlength=225)
    assert len(counted) == 225
    assert abs(counted / len(MANY) * 225 - 1).max() < 0.3
    assert (augmentation.warpings(MANY, 2) != found).mean() > 0.9
