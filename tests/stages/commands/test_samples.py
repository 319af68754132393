"""Samples: test images as files, whose names may come from outside."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import ConfigError, StorageError
from stages.commands.samples import expect_outside, write_samples
from tests.stages.models import CLASSES, SHAPE, images, model


def test_samples_are_named_by_plain_words_only(tmp_path):
    classes = ("../../etc", "c:\\a b", "…")
    named, rows, out = model(classes=classes), np.arange(12) % 3, tmp_path / "out"
    made = write_samples(named, images(12), rows, classes, out)
    names = sorted(os.listdir(tmp_path / "out"))
    assert [os.path.basename(sample["file"]) for sample in made] == names
    assert {name[:2] for name in names} == {f"{number:02}" for number in range(12)}
    assert all(set(name) <= set("0123456789_-.etcabpng") for name in names)
    first = np.asarray(Image.open(tmp_path / "out" / names[0]))
    assert (first.transpose(2, 0, 1) == images(12)[0]).all()


def test_samples_need_a_folder_that_can_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="choose another folder with --samples-dir"):
        write_samples(model(), images(1), np.zeros(1, np.uint8), CLASSES, tmp_path / "file")


@pytest.mark.parametrize(
    ("shape", "classes", "words"),
    [
        ((3, 4, 4), CLASSES, "expected a model of images"),
        (SHAPE, (*CLASSES, "boat"), "expected a model of images"),
        (SHAPE, ("cat", "cow", "truck"), "of the classes of these images, such as 'cow', found"),
    ],
)
def test_samples_that_do_not_fit_the_model_are_refused(tmp_path, shape, classes, words):
    labels = np.zeros(1, np.uint8)
    with pytest.raises(ConfigError, match=words):
        write_samples(model(), images(1, shape), labels, classes, tmp_path)


def test_rows_of_a_table_are_no_samples(tmp_path):
    made = replace(model(shape=(1, 1, 3)), shape=(3,), columns=({"name": "a", "kind": "number"},))
    with pytest.raises(ConfigError, match="found one of a table, whose rows are no pictures; name"):
        write_samples(made, np.zeros((1, 3), np.float32), np.zeros(1, np.uint8), CLASSES, tmp_path)


def test_the_home_of_a_user_that_there_is_not(tmp_path):
    expect_outside(tmp_path, "~nobody-of-this-name/photos")
    expect_outside(Path("~nobody-of-this-name"), str(tmp_path))
    with pytest.raises(ConfigError, match="expected a folder outside of the source"):
        expect_outside(tmp_path / "samples", str(tmp_path))
