"""A saved model: it predicts as its training did, and is measured on the same images."""

from __future__ import annotations

import numpy as np
import pytest

from tests.end_to_end.conftest import QUICK, SMALL, ran

LONG = pytest.mark.long
WHITENED = ("--whiten", "pca", "--components", "20", "--contrast", "--flip", "random", "--tta")


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(("--color", "--scale", "symmetric", "--storage", "uint8"), marks=LONG),
        pytest.param(("--standardize", "feature"), marks=LONG),
        ("--color", "--standardize", "channel", *WHITENED),
        pytest.param(("--storage", "uint8", *WHITENED), marks=LONG),
    ],
    ids=" ".join,
)
def test_the_model_file_alone_predicts_as_the_training_did(document, tmp_path, extra):
    found = document("run", *QUICK, *extra, "--save", "model.json")
    loaded = document("evaluate", *SMALL, "--load", "model.json")
    assert loaded["test"] == found["test"]
    assert loaded["validation"] == found["validation"]

    from stages.modelfile.reader import read_model

    model = read_model(tmp_path / "model.json")
    images = np.load(found["artifacts"]["images"]["path"])
    labels = np.load(found["artifacts"]["labels"]["path"])
    rows = np.load(found["artifacts"]["test_rows"]["path"])
    guesses = model.probabilities(images[rows]).argmax(axis=1)
    figures = found["test"].get("tta", found["test"])
    assert ("tta" in found["test"]) == model.tta == ("--tta" in extra)
    assert np.mean(guesses == labels[rows]) == pytest.approx(figures["accuracy"])


@pytest.mark.long
def test_a_loaded_model_is_measured_on_the_split_it_was_trained_with(document, tmp_path):
    flags = ("--seed", "3", "--val-fraction", "0.3")
    found = document("run", *QUICK, *flags, "--save", "model.json")
    loaded = document("evaluate", *SMALL, "--load", "model.json")
    assert loaded["validation"] == found["validation"]
    assert "train" not in [stage["name"] for stage in loaded["stages"]]


@pytest.mark.long
def test_a_saved_model_may_be_named_by_file_or_variable(document, tmp_path, monkeypatch):
    found = document("run", *QUICK, "--save", "model.json")
    monkeypatch.setenv("PIPELINE_HIDDEN", "16")  # of no use here, and no mistake
    (tmp_path / "loaded.toml").write_text('load = "model.json"\n')
    assert document("evaluate", *SMALL, "--config", "loaded.toml")["test"] == found["test"]
    monkeypatch.setenv("PIPELINE_SAVE", "again.json")
    document("run", *QUICK)
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "model.json").read_bytes()
    monkeypatch.setenv("PIPELINE_LOAD", "model.json")
    assert document("evaluate", *SMALL)["test"] == found["test"]
    assert ran(document("train", *QUICK)) == []
