"""Every kind of source, from its files to a model and to the prediction of an example."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.everyday import long_but
from tests.stages import datasets
from tests.stages.examples import (
    RNG,
    cifar100_files,
    idx_files,
    npy,
    npz,
    picture,
    pictures,
    serving_files,
    write_all,
    zipped,
)

TRAIN = ("--epochs", "15", "--batch", "8", "--hidden", "12", "--lr", "0.05", "--workers", "1")
TRAIN += ("--quiet",)
X = RNG().normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)
BRIGHT = (RNG().integers(0, 60, (40, 6, 5)) + 150 * (np.arange(40) % 2)[:, None, None]).astype("u1")
SIDES = np.where(np.arange(40) % 2, "bright", "dark")
CSV = "a,b;c,color,kind\n" + "".join(
    f"{a},{b},{'red' if c > 0 else 'blue'},{'yes' if y else 'no'}\n"
    for (a, b, c), y in zip(X, Y, strict=True)
)


def parquet(path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    columns = {"a": X[:, 0], "big": X[:, 1] > 0, "kind": np.where(Y, "yes", "no")}
    pq.write_table(pa.table(columns), path)


SOURCES: dict[str, Callable[[Path], tuple[str, ...]]] = {
    "folder": lambda p: (str(write_all(p / "f", pictures())),),
    "idx": lambda p: (str(write_all(p / "i", idx_files())),),
    "cifar100 in tar, coarse": lambda p: (
        str(datasets.write(p / "c", datasets.tar(cifar100_files(40)))),
        "--coarse",
    ),
    "npz table": lambda p: (str(datasets.write(p / "a.npz", npz(X=X, y=Y))),),
    "npy folder, color": lambda p: (
        str(
            write_all(
                p / "n",
                {"X.npy": npy(np.repeat(BRIGHT[..., None], 3, 3) / 255), "y.npy": npy(SIDES)},
            )
        ),
        "--color",
    ),
    "csv": lambda p: (str(datasets.write(p / "t.csv", CSV.encode())), "--label", "kind"),
}


@pytest.mark.parametrize("name", long_but(("folder", "csv"), SOURCES))
def test_a_source_is_trained_and_evaluated(document, tmp_path, name):
    source = SOURCES[name](tmp_path)
    found = document("run", "--source", *source, *TRAIN, "--save", "m.json")
    test = found["test"]
    assert test["images"] > 0
    assert 0 <= test["balanced_accuracy"] <= 1
    assert 0 < test["majority"]["accuracy"] <= 1
    if not name.startswith("cifar"):  # whose pixels are noise
        assert test["accuracy"] > test["majority"]["accuracy"] + 0.2
    model = json.loads(Path("m.json").read_text())
    assert list(test["per_class"]) == model["classes"]
    again = document("run", "--source", *source, *TRAIN)
    read = [stage for stage in again["stages"] if stage["name"] in ("download", "decode")]
    assert [stage["status"] for stage in read] == ["cached", "cached"]


def test_parquet(document, tmp_path):
    parquet(tmp_path / "t.parquet")
    found = document("run", "--source", "t.parquet", "--label", "kind", *TRAIN)
    assert found["test"]["accuracy"] > 0.8


@pytest.mark.long
@pytest.mark.parametrize("name", ["t.csv", "photos.zip"])
def test_from_a_url(document, name):
    content = {"t.csv": CSV.encode(), "photos.zip": zipped(pictures())}
    with serving_files(content) as url:
        label = ("--label", "kind") if name == "t.csv" else ()
        found = document("run", "--source", f"{url}{name}", *label, *TRAIN)
    assert found["test"]["images"] > 0


def test_a_new_photo_is_predicted(document, tmp_path):
    write_all(tmp_path / "photos", pictures())
    (tmp_path / "new.jpg").write_bytes(picture(175, (50, 30), "JPEG"))
    (tmp_path / "gray.png").write_bytes(picture(25, (3, 3)))
    document("run", "--source", "photos", "--size", "8", *TRAIN, "--save", "m.json")
    found = document("predict", "--load", "m.json", "new.jpg", "gray.png")
    assert [prediction["class"] for prediction in found["predictions"]] == ["dog", "cat"]
    assert json.loads(Path("m.json").read_text())["input"]["shape"] == [3, 8, 8]


def test_new_rows_are_predicted(document, call, tmp_path):
    (tmp_path / "t.csv").write_text(CSV)
    document("run", "--source", "t.csv", "--label", "kind", *TRAIN, "--save", "m.json")
    (tmp_path / "new.csv").write_text(
        "color;b,c;a\n".replace("b,c", '"b;c"') + "red;0;3\nblue;0;-3\n"
    )
    found = document("predict", "--load", "m.json", "new.csv")["predictions"]
    assert [(row["image"], row["class"]) for row in found] == [
        ("new.csv:2", "yes"),
        ("new.csv:3", "no"),
    ]
    (tmp_path / "short.csv").write_text("a,b;c\n1,2\n")
    status, _, err = call("predict", "--load", "m.json", "short.csv")
    assert (status, err.splitlines()[-1]) == (
        2,
        "error: short.csv: expected the columns that the model was trained on, found none named "
        "color; add them",
    )


@pytest.mark.long
def test_a_model_of_gray_images(document, tmp_path):
    write_all(tmp_path / "i", idx_files())
    document("run", "--source", "i", *TRAIN, "--flip", "random", "--tta", "--save", "m.json")
    model = json.loads(Path("m.json").read_text())
    assert (model["version"], model["input"]["shape"]) == (4, [1, 5, 4])
    found = document("predict", "--load", "m.json", "--save-samples", "3", "--source", "i")
    assert len(found["samples"]) == 3
    loaded = document("evaluate", "--load", "m.json", "--source", "i")
    assert loaded["test"]["images"] == 10


@pytest.mark.long
@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ("--flip", "random"),
            "error: --flip random: expected features that are the pixels of images",
        ),
        (("--contrast",), "error: --contrast: expected images, found a table"),
        (("--storage", "uint8"), "error: --storage uint8: expected images, found a table"),
        (("--size", "8"), "error: --size: expected a source of image files, found a table"),
        (("--label", "a"), "numbers to be predicted (regression) are not supported"),
    ],
)
def test_what_a_table_has_no_use_for(call, tmp_path, flags, message):
    (tmp_path / "t.csv").write_text(CSV)
    label = () if "--label" in flags else ("--label", "kind")
    status, _, err = call("train", "--source", "t.csv", *label, *TRAIN, *flags)
    assert status == 2
    assert message in err.splitlines()[-1]


@pytest.mark.long
def test_balanced_weights_help_a_rare_class(document, tmp_path):
    rng = RNG()
    rare = np.arange(300) % 15 == 0
    (tmp_path / "a.npz").write_bytes(npz(X=rng.normal(size=(300, 2)) + 1.2 * rare[:, None], y=rare))
    found = {
        weight: document("evaluate", "--source", "a.npz", *TRAIN, "--class-weight", weight)["test"]
        for weight in ("none", "balanced")
    }
    plain, balanced = found["none"], found["balanced"]
    assert plain["majority"] == {"class": "0", "accuracy": plain["majority"]["accuracy"]}
    assert balanced["balanced_accuracy"] > plain["balanced_accuracy"] + 0.1


def test_amid_the_classes(call, tmp_path):
    write_all(tmp_path, pictures())
    for _ in range(2):  # the second time, folders of this program lie beside those of the classes
        flags = ("--hidden", "4", "--batch", "4", "--epochs", "1")
        status, out, err = call("run", "--source", ".", *flags)
        assert status == 0, err
        assert "majority class (cat)" in out
    assert {"artifacts", "data"} <= {place.name for place in tmp_path.iterdir()}
