from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.neuralnet import Augmentation
from stages.neuralnet.images.options import FLIPS
from stages.neuralnet.images.warp import counts

SHAPE = (3, 8, 8)


def images(count: int, shape: tuple[int, int, int], dtype: str = "uint8") -> np.ndarray:
    pixels = np.random.default_rng(1).integers(0, 256, (count, int(np.prod(shape))))
    return pixels.astype(dtype)


def fetched(augmentation, features, rows, epoch=0, scratch=None):
    rows = np.asarray(rows)
    out = np.full((len(rows), features.shape[1]), 99, features.dtype)
    augmentation.fetch(features, rows, epoch, out, scratch)
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
def test_batches_may_be_cut_and_ordered_anyhow(augmentation, batch, cuts, dtype):
    features, rows = images(30, augmentation.shape, dtype), np.array(batch, np.int64)
    scratch = np.empty(len(rows) * features.shape[1] + 3, np.float64)
    whole = fetched(augmentation, features, rows, 5, scratch)
    pieces = np.split(rows, sorted(min(cut, len(rows)) for cut in cuts))
    assert (
        np.concatenate([fetched(augmentation, features, p, 5, scratch) for p in pieces]) == whole
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


def test_pickled_it_does_the_same():
    augmentation = Augmentation(SHAPE, "alternate", 2, 20.0, 0.2, 3, 0.4, seed=9)
    again, features = pickle.loads(pickle.dumps(augmentation)), images(30, SHAPE)
    assert again == augmentation
    assert (fetched(again, features, range(30)) == fetched(augmentation, features, range(30))).all()
