"""Load: a saved model takes the place of a training."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import ConfigError, DataError
from pipeline.store.files import Files, identify
from stages.modelfile.load import by_content, load, settings_of
from stages.neuralnet import Network
from tests.stages.models import model, save


def test_a_model_file_counts_by_its_content(tmp_path):
    path = save(tmp_path / "model.json", model())
    found = by_content(load=str(path))["load"]
    assert isinstance(found, Files)
    assert found == identify(path)


def test_the_path_of_a_file_is_needed(tmp_path):
    with pytest.raises(ConfigError, match="--load: expected the path of a model file, found noth"):
        settings_of("")
    with pytest.raises(DataError, match=r"expected a readable file at .*none"):
        by_content(load=str(tmp_path / "none"))


def test_what_a_training_would_have_made_comes_from_the_file(tmp_path):
    made = model(standardized=True, components=5, norm="batch", best_epoch=3)
    path = save(tmp_path / "model.json", made)
    found = load(load=identify(path))
    assert found["parameters"].tobytes() == made.network.parameters.tobytes()
    assert found["standardization"].tobytes() == made.standardization.tobytes()
    assert found["whitening"].tobytes() == made.whitening.tobytes()
    assert found["training"]["best_epoch"] == 3
    again = Network.from_layers(found["training"]["layers"], found["parameters"])
    assert again.layers == made.network.layers


def test_a_files_record_cannot_take_the_place_of_its_layers(tmp_path):
    path = save(tmp_path / "model.json", model(layers=[{"kind": "other"}]))
    assert load(load=identify(path))["training"]["layers"] == model().network.layers


OWN = {"color": False, "scale": "unit", "contrast": False, "storage": "float32"}


def test_the_settings_that_a_model_was_made_with_rank_like_a_recipe(tmp_path):
    others = {"color": True, "scale": "symmetric", "contrast": True, "storage": "uint8"}
    path = save(tmp_path / "model.json", model(**others, tta=True))
    name, chosen = settings_of(str(path))
    assert name == f"model {path}"
    assert chosen == {**others, "tta": True, "seed": 7, "val_fraction": 0.25}
    assert load(load=identify(path))["training"]["preprocessing"] == others


@pytest.mark.parametrize("split", [None, [], "seed", {}])
def test_a_model_need_not_say_how_it_was_split(tmp_path, split):
    path = save(tmp_path / "model.json", model(split=split, preprocessing="none"))
    assert settings_of(str(path))[1] == {**OWN, "tta": False}
    assert load(load=identify(path))["training"]["preprocessing"] == OWN


def test_what_is_no_model_is_refused_before_anything_runs(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/null"), tmp_path / "none"):
        with pytest.raises(DataError, match=r"expected a (readable )?file"):
            settings_of(str(path))
