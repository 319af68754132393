"""Predict: arrays of the pixels that a model was trained on, whatever their white is."""

from __future__ import annotations

import json

import numpy as np
import pytest

SIDES = np.where(np.arange(40) % 2, "left", "right")
DARK = np.random.default_rng(0).integers(0, 6, (40, 4, 6))
DARK[::2, :2] += 7
TRAIN = "--epochs 2 --batch 8 --hidden 3 --workers 1 --quiet --save m.json"


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.long
def test_predictions_of_the_array_that_trained_are_those_of_its_evaluation(
    call, document, folder, dtype
):
    pixels = DARK.astype(dtype)
    test = {"x_test": pixels[::2], "y_test": SIDES[::2]}
    np.savez(folder / "dark.npz", x_train=pixels, y_train=SIDES, **test)
    test = document(f"run --source dark.npz {TRAIN}")["test"]
    assert json.loads((folder / "m.json").read_text())["input"]["pixels"]["dtype"] == dtype.__name__
    np.save(folder / "test.npy", pixels[::2])
    found = document("predict --load m.json test.npy")["predictions"]
    chances = [one["probabilities"][side] for one, side in zip(found, SIDES[::2], strict=True)]
    assert -np.mean(np.log(chances)) == pytest.approx(test["loss"], rel=1e-5)
    again = document("evaluate --load m.json --source dark.npz")["test"]
    assert again["loss"] == test["loss"]
    if dtype is np.uint8:
        return
    # In a brighter one, the white of the same numbers is another: a network would see other images.
    np.savez(folder / "other.npz", X=pixels * 10, y=SIDES)
    words = "expected uint16 pixels with 16 for white, as the model was trained on, found 255, the"
    for flags, name in (("evaluate --load m.json", "--load"), (f"run --init m.json {TRAIN}", "")):
        status, _, err = call(f"{flags} --source other.npz --quiet")
        assert status == 2
        assert f"{name or '--init m.json'}: {words}" in err
