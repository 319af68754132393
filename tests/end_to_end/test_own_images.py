"""A dataset of other images: a stage of one's own in the place of `decode`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from pipeline.graph import Pipeline
from pipeline.stage import stage
from pipeline.store.files import Files
from stages.cifar10 import PIPELINE, PROGRAM
from stages.commands.add import add_to
from stages.dataset.formats.images import write_png
from tests import sources

SHAPE = (3, 5, 7)


@stage(outputs=("images", "labels", "dataset"))
def stripes(archive: Files) -> dict[str, Any]:
    """Small images, bright on the left or on the right."""
    rng = np.random.default_rng(0)
    labels = np.arange(60, dtype=np.uint8) % 2
    images = rng.integers(0, 100, (60, *SHAPE), np.uint8)
    images[labels == 0, ..., :3] += 100
    images[labels == 1, ..., -3:] += 100
    dataset = {"name": "stripes", "classes": ["left", "right"], "train": 50, "test": 10}
    return {"images": images, "labels": labels, "dataset": {**dataset, "shape": list(SHAPE)}}


@stage(outputs=("images", "labels", "dataset"))
def shapeless(archive: Files) -> dict[str, Any]:
    """The same images, and nobody says what their shape is."""
    made = stripes.function(archive)
    del made["dataset"]["shape"]
    return made


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("own")


@pytest.fixture
def call(home, monkeypatch, capsys):
    """Run a command of the program with another `decode`: status, stdout, last line on stderr."""
    monkeypatch.chdir(home)
    sources.known_here(monkeypatch)

    def go(decode, command: str, *flags: str) -> tuple[int, str, str]:
        own = [decode if s.name == "decode" else s for s in PIPELINE.stages.values()]
        program = replace(PROGRAM, pipeline=Pipeline(*own))
        flags += ("--source", "synthetic", "--synthetic-size", "50", "--hidden", "6")
        flags += ("--epochs", "2", "--batch", "10", "--lr", "0.05", "--quiet")
        status = run_cli(add_to(make_cli(program), program), [command, *flags])
        out, err = capsys.readouterr()
        return status, out, err.splitlines()[-1] if err else ""

    return go


EVERYTHING = (
    "--whiten",
    "zca",
    "--flip",
    "random",
    "--tta",
    "--shift",
    "1",
    "--rotate",
    "9",
    "--jitter",
    "0.2",
    "--cutout",
    "2",
)
EVERYTHING += ("--standardize", "channel", "--storage", "uint8", "--contrast", "--batchnorm")


def test_everything_works_on_images_of_another_shape(call, home):
    assert call(stripes, "run", *EVERYTHING, "--save", "model.json")[0] == 0
    images = stripes.function(None)["images"]
    write_png(home / "left.png", images[0])
    status, out, err = call(stripes, "predict", "--load", "model.json", "left.png", "--json")
    assert status == 0, err
    (found,) = json.loads(out)["predictions"]
    assert found["probabilities"].keys() == {"left", "right"}
    status, _, err = call(stripes, "predict", *EVERYTHING, "--save-samples", "2")
    assert status == 0, err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--whiten", "pca", "--flip", "random"), "error: --whiten pca with --flip random: expec"),
        (("--standardize", "channel"), "error: --standardize channel: expected features that are"),
        (("--standardize", "feature", "--flip", "random"), "error: --flip random: expected featur"),
        (
            ("--flip", "random"),
            "error: --flip, --shift, --rotate, --zoom, --jitter, --cutout and --mixup: expected ",
        ),
        (("--tta",), "error: --tta: expected features that are the pixels of images of the"),
        ((), "error: model.json: expected features that are the pixels of images (3, 32, 32), fo"),
    ],
)
def test_what_needs_a_shape_says_so(call, flags, message):
    status, _, line = call(shapeless, "run", *flags)
    assert line.startswith(message)
    assert status == 2
