"""Predict: image files to classes, by the model of a training or of a file."""

from __future__ import annotations

import io
import json
import os
import sys

import numpy as np
import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from pipeline.errors import DataError
from stages.cifar10 import PROGRAM
from stages.commands.add import add_to
from stages.commands.predictions import probabilities_of
from stages.dataset.formats.images import write_png
from tests import sources
from tests.stages.models import CLASSES, images, model, save

FLAGS = ("--source", "synthetic", "--synthetic-size", "200", "--hidden", "8", "--epochs", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("predict")


@pytest.fixture
def call(folder, monkeypatch, capsys):
    """Run `predict` in a folder where a small model is cached: status, stdout, stderr."""
    monkeypatch.chdir(folder)
    sources.known_here(monkeypatch)
    group = add_to(make_cli(PROGRAM), PROGRAM)

    def go(*arguments: object):
        status = run_cli(group, ["predict", *map(str, arguments)])
        return status, *capsys.readouterr()

    return go


def test_neither_images_nor_samples(call):
    status, _, err = call()
    assert status == 2
    assert "expected image files or --save-samples N, found neither" in err


def test_images_are_looked_for_before_anything_runs(call, folder):
    status, _, err = call(*FLAGS, "none.png")
    assert status == 2
    assert err.startswith("error: expected a readable file at none.png: No such file")
    assert not (folder / "data").exists()


def test_samples_and_files_get_the_same_answer(call, folder):
    status, out, err = call(*FLAGS, "--save-samples", 5, "--json")
    assert status == 0, err
    assert "no model is given, so the network of these flags is trained first; --load" in err
    assert "no model is given" not in call(*FLAGS, "--save-samples", 1)[2]  # it is stored now
    document = json.loads(out)
    assert document["dataset"] == "synthetic"
    assert len(document["samples"]) == 5
    files = [sample["file"] for sample in document["samples"]]
    assert sorted(os.listdir(folder / "samples")) == sorted(os.path.basename(f) for f in files)
    status, out, _ = call(*FLAGS, "--json", *files)
    predictions = json.loads(out)["predictions"]
    for sample, prediction in zip(document["samples"], predictions, strict=True):
        assert prediction["image"] == sample["file"]
        assert prediction["class"] == sample["prediction"]
        assert sum(prediction["probabilities"].values()) == pytest.approx(1)
        assert sample["file"].endswith(f"_{sample['truth']}_{sample['prediction']}.png")


def test_the_page_for_people(call, folder):
    write_png(folder / "a.png", images(1, (3, 40, 30))[0])
    status, out, _ = call(*FLAGS, "a.png", "--top", 2)
    assert status == 0
    name, *words = out.split()
    assert name == "a.png"
    assert [word.endswith("%") for word in words].count(True) == 2
    status, out, _ = call(*FLAGS, "--save-samples", 2, "--samples-dir", "some")
    assert out.startswith("2 samples in some/, ")
    status, out, _ = call(*FLAGS, "a.png", "--save-samples", 1)
    assert out.startswith("a.png")
    assert "1 samples in samples/" in out


def test_a_saved_model_needs_no_dataset(call, folder, tmp_path):
    path = save(tmp_path / "model.json", model())
    pixels = images(1)[0]
    write_png(tmp_path / "a.png", pixels)
    status, out, err = call("--load", path, "--json", "--source", "none", tmp_path / "a.png")
    assert status == 0, err
    expected = model().probabilities(pixels[np.newaxis])[0]
    found = json.loads(out)["predictions"][0]["probabilities"]
    assert found == {name: float(p) for name, p in zip(CLASSES, expected, strict=True)}


def test_flip_tta_counts_where_the_model_or_the_caller_says_so(call, tmp_path):
    pixels = images(1)[0]
    write_png(tmp_path / "a.png", pixels)
    found = {}
    for own in (False, True):
        path = save(tmp_path / f"{own}.json", model(tta=own))
        for flag in ((), ("--tta",), ("--no-tta",)):
            status, out, err = call("--load", path, "--json", *flag, tmp_path / "a.png")
            assert status == 0, err
            found[own, *flag] = json.loads(out)["predictions"][0]["probabilities"]
    plain, averaged = (model(tta=own).probabilities(pixels[np.newaxis]) for own in (False, True))
    assert list(found[False,].values()) == plain[0].tolist()
    assert found[False,] == found[False, "--no-tta"] == found[True, "--no-tta"]
    assert list(found[True,].values()) == averaged[0].tolist()
    assert found[True,] == found[True, "--tta"] == found[False, "--tta"] != found[False,]


def test_samples_by_a_saved_model_of_other_images_are_refused(call, tmp_path):
    path = save(tmp_path / "model.json", model())
    status, _, err = call(*FLAGS[:4], "--load", path, "--save-samples", 3)
    assert status == 2
    assert "--save-samples: expected a model of images (3, 32, 32) and of all their classes" in err


@pytest.mark.parametrize("name", ["a\x1b[2Jb.png", "a\nb.png", b"a\xffb.png", "é→.png"])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_file_name_may_hold_anything(call, tmp_path, monkeypatch, name, encoding):
    path = os.path.join(os.fsencode(tmp_path), os.fsencode(name))
    write_png(tmp_path / "a.png", images(1)[0])
    os.rename(tmp_path / "a.png", path)
    model_file = save(tmp_path / "model.json", model())
    for flag in ((), ("--json",)):
        out = io.TextIOWrapper(io.BytesIO(), encoding, "strict")
        monkeypatch.setattr(sys, "stdout", out)
        status, *_ = call("--load", model_file, os.fsdecode(path), *flag)
        assert status == 0
        out.flush()
        said = out.buffer.getvalue().decode(encoding)
        if flag:
            assert json.loads(said)["predictions"][0]["image"] == os.fsdecode(path)
        else:
            assert said.rstrip("\n").isprintable()


def test_probabilities_of_a_file(tmp_path):
    pixels = images(1)[0]
    write_png(tmp_path / "a.png", pixels)
    found = probabilities_of(model(), tmp_path / "a.png")
    assert list(found) == list(CLASSES)
    assert list(found.values()) == model().probabilities(pixels[np.newaxis])[0].tolist()
    (tmp_path / "b.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"b\.png: expected an image file"):
        probabilities_of(model(), tmp_path / "b.png")


@pytest.mark.parametrize("place", ["photos/samples", "photos/cat", "photos", "in/samples"])
def test_samples_among_the_images_of_the_source_are_refused(call, folder, place):
    (folder / "photos" / "cat").mkdir(parents=True, exist_ok=True)
    (folder / "in").unlink(missing_ok=True)
    (folder / "in").symlink_to("photos")
    status, _, err = call("--source", "photos", "--save-samples", 2, "--samples-dir", place)
    assert status == 2
    assert err.startswith(f"error: --samples-dir {place}: expected a folder outside of the source")
    assert os.listdir(folder / "photos") == ["cat"]
