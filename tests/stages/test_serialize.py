"""Serialize: the model as a document, and its copy where the user wants it."""

from __future__ import annotations

import json
import os
import threading

import numpy as np
import pytest

from pipeline.errors import StorageError
from stages.dataset.formats.layout import STANDARD_CLASSES
from stages.modelfile.reader import from_document
from stages.neuralnet import Network
from stages.options import InputOptions, SplitOptions
from stages.serialize import save_copy, serialize

DATASET = {"name": "synthetic", "classes": list(STANDARD_CLASSES)}


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("whitened", [False, True])
def test_the_document_holds_all_that_predictions_depend_on(color, whitened):
    features = 3072 if color else 1024
    rng = np.random.default_rng(0)
    network = Network.create(5 if whitened else features, (4,), 10)
    constants = rng.uniform(0.5, 2, (2, features)).astype(np.float32)
    matrix = rng.normal(size=(1 + features, 5) if whitened else (0, features)).astype(np.float32)
    document = serialize(
        DATASET,
        constants,
        matrix,
        network.parameters,
        {"layers": network.layers, "best_epoch": 2, "history": [{"epoch": 1}]},
        {"test": {"accuracy": 0.1}},
        inputs=InputOptions(
            color=color,
            scale="symmetric",
            contrast=whitened,
            storage="uint8" if whitened else "float32",
        ),
        tta=whitened,
        division=SplitOptions(seed=4, val_fraction=0.1),
    )
    model = from_document(json.loads(json.dumps(document, allow_nan=False)))
    assert model.network.parameters.tobytes() == network.parameters.tobytes()
    assert model.standardization.tobytes() == constants.tobytes()
    assert model.whitening.tobytes() == matrix.tobytes()
    assert (model.color, model.scale, model.shape) == (color, "symmetric", (3, 32, 32))
    found = model.contrast, model.storage == "uint8", model.tta
    assert found == (whitened, whitened, whitened)
    assert model.classes == STANDARD_CLASSES
    assert model.training == {
        "best_epoch": 2,
        "history": [{"epoch": 1}],
        "split": {"seed": 4, "val_fraction": 0.1},
    }
    assert model.evaluation == {"test": {"accuracy": 0.1}}


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "stored.json"
    path.write_text("{}")
    return path


def test_a_copy_is_saved_and_nothing_is_made_beside_it(tmp_path, stored):
    (tmp_path / "a").mkdir()
    save_copy(stored, tmp_path / "a" / "model.json")
    assert (tmp_path / "a" / "model.json").read_text() == "{}"
    assert os.listdir(tmp_path / "a") == ["model.json"]
    with pytest.raises(StorageError, match=r"expected a folder that can be written, found"):
        save_copy(stored, tmp_path / "b" / "model.json")
    assert not (tmp_path / "b").exists()


def test_a_copy_replaces_what_was_there_and_follows_links(tmp_path, stored):
    (tmp_path / "model.json").write_text("old")
    (tmp_path / "link.json").symlink_to("model.json")
    save_copy(stored, tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "model.json").read_text() == "{}"


def test_a_copy_that_is_there_stays_and_one_that_differs_does_not(tmp_path, stored):
    place = tmp_path / "model.json"
    save_copy(stored, place)
    before = place.stat()
    save_copy(stored, place)
    assert (place.stat().st_ino, place.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    place.write_text("[]")  # as long
    save_copy(stored, place)
    assert place.read_text() == "{}"


def test_a_pipe_stays_a_pipe(tmp_path, stored):
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    save_copy(stored, tmp_path / "pipe")
    reader.join()
    assert read == ["{}"]
    assert (tmp_path / "pipe").is_fifo()


def test_a_name_as_long_as_can_be(tmp_path, stored):
    save_copy(stored, tmp_path / ("x" * 255))
    with pytest.raises(StorageError, match=r"name too long; .* choose another folder with --save"):
        save_copy(stored, tmp_path / ("x" * 256))


def test_what_was_there_stays_where_the_copy_fails(tmp_path, stored):
    place = tmp_path / "file" / "model.json"
    (tmp_path / "file").write_text("kept")
    with pytest.raises(StorageError, match="expected a folder that can be written"):
        save_copy(stored, place)
    assert (tmp_path / "file").read_text() == "kept"
    target = tmp_path / "model.json"
    target.write_text("old")
    with pytest.raises(FileNotFoundError):
        save_copy(tmp_path / "none", target)
    assert target.read_text() == "old"
    assert not list(tmp_path.glob("*.part"))
