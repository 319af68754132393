"""Summary: the page a person reads, and its figures as JSON."""

from __future__ import annotations

from stages.commands.summary import render, summarize


class Found(dict):
    """Artifacts by name, as an outcome gives them."""

    def path(self, name: str) -> str:
        return f"artifacts/{name}.json"

    def notes(self, name: str) -> dict:
        return {"epoch_seconds": [0.5]}


SCORES = {
    "images": 1200,
    "loss": 1.23456,
    "accuracy": 0.5,
    "balanced_accuracy": 0.25,
    "majority": {"class": "cat", "accuracy": 0.125},
    "per_class": {"airplane": 0.25, "cat": None},
    "confusion": [[3, 1], [0, 0]],
}


def test_the_figures_of_a_whole_run():
    outcome = Found(
        dataset={"name": "cifar10"},
        training={"history": [{"epoch": 1}], "best_epoch": 1},
        evaluation={"dataset": "cifar10", "validation": SCORES, "test": SCORES},
        model={},
    )
    assert summarize(None, outcome) == {
        "dataset": "cifar10",
        "epochs": [{"epoch": 1}],
        "best_epoch": 1,
        "epoch_seconds": [0.5],
        "validation": SCORES,
        "test": SCORES,
        "model": "artifacts/model.json",
    }


def test_the_figures_of_what_is_there():
    assert summarize(None, Found()) == {}
    assert summarize(None, Found(training={})) == {
        "epochs": [],
        "best_epoch": None,
        "epoch_seconds": [0.5],
    }
    assert summarize(None, Found(evaluation={"test": SCORES})) == {"test": SCORES}


def test_the_page():
    page = render(
        {"dataset": "cifar10", "validation": SCORES, "test": SCORES, "model": "a/model.json"}
    )
    assert page.splitlines() == [
        "dataset: cifar10  images    loss  accuracy  balanced",
        "validation         1,200  1.2346    50.00%    25.00%",
        "test               1,200  1.2346    50.00%    25.00%",
        "majority class (cat): 12.50%",
        "",
        "test: truth ↓ prediction →  accuracy  airpl  cat",
        "airplane                       25.0%      3    1",
        "cat                                –      ·    ·",
        "",
        "model: a/model.json",
    ]


def test_flip_tta_stands_below_the_plain_figures():
    averaged = {**SCORES, "tta": {"loss": 1.2, "accuracy": 0.51}}
    page = render({"dataset": "cifar10", "validation": averaged, "test": SCORES})
    assert [line.rstrip() for line in page.splitlines()[:4]] == [
        "dataset: cifar10      images    loss  accuracy  balanced",
        "validation             1,200  1.2346    50.00%    25.00%",
        "validation, flip TTA   1,200  1.2000    51.00%",
        "test                   1,200  1.2346    50.00%    25.00%",
    ]


def test_of_many_classes_the_worst_and_the_most_confused():
    names = [f"class {number}" for number in range(30)]
    counts = [[3 if row == column else 0 for column in range(30)] for row in range(30)]
    counts[7][2] = 9
    scores = {
        **SCORES,
        "per_class": {name: 0.25 if name == "class 7" else 1.0 for name in names},
        "confusion": counts,
    }
    page = render({"dataset": "some", "test": scores})
    assert "test: worst of 30 classes  accuracy\nclass 7                       25.0%" in page
    assert page.endswith(
        "most confused: truth  prediction  times\nclass 7               class 2         9"
    )
    del scores["confusion"]
    scores["confused"] = [["class 7", "class 2", 9]]
    assert render({"dataset": "some", "test": scores}) == page


def test_the_page_without_validation_and_model():
    page = render({"dataset": "cifar10", "test": SCORES})
    assert "validation" not in page
    assert "model" not in page


def test_the_majority_class_is_the_last_line_below_the_scores():
    test = {**SCORES, "majority": {"class": "disk", "accuracy": 0.1}}
    scores = render({"dataset": "cifar10", "validation": SCORES, "test": test}).split("\n\n")[0]
    assert scores.splitlines()[-1] == "majority class (disk): 10.00%"


def test_synthetic_images_are_named_before_their_figures():
    page = render({"dataset": "synthetic", "test": SCORES})
    assert page.startswith("THE IMAGES ARE SYNTHETIC")


def test_without_scores_the_artifacts_are_listed():
    record = {"kind": "array", "dtype": "|u1", "shape": [2, 3], "bytes": 6, "path": "a.npy"}
    assert render({"artifacts": {"labels": record}}) == "labels  u1 2×3  6 B  a.npy"
