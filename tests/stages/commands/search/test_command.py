"""The command `search`, on a few hundred drawn shapes, in real processes."""

from __future__ import annotations

import shlex
import tomllib

import pytest

from stages.dataset.sources.origin import NAMES
from tests import sources

pytestmark = pytest.mark.whole

SMALL = "--source synthetic --synthetic-size 300 --hidden 8 --batch 30 --epochs 4"
WITHOUT_SIZES = SMALL.replace("--hidden 8 ", "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return sources.known_in(tmp_path_factory.mktemp("search"))


def statuses(text: str) -> list[str]:
    """What became of each training, by the lines on stderr."""
    lines = [line for line in text.splitlines() if line.startswith("[")]
    return ["cached" if line.endswith("cached") else "ran" for line in lines]


@pytest.mark.everyday
def test_a_grid_over_seeds(call, document):
    search = f"search lr=0.01,0.3 seed=0,1 {SMALL}"
    status, out, err = call(f"{search} --dry-run")
    assert (status, out.count("runs"), err) == (0, 4, "")
    assert "4 of 4 trainings would run" in out
    status, out, err = call(search)
    assert status == 0
    assert statuses(err) == ["ran"] * 4
    assert "search: synthetic · 2 combinations · seeds 0, 1: mean ± deviation" in out
    assert "THE IMAGES ARE SYNTHETIC" in out
    status, _, err = call(search)
    assert statuses(err) == ["cached"] * 4, err
    found = document(search)
    assert [sorted(trial["seeds"]) for trial in found["trials"]] == [["0", "1"]] * 2
    means = [trial["accuracy"] for trial in found["trials"]]
    assert means == sorted(means, reverse=True)
    assert found["best"] == found["trials"][0]["parameters"]
    edge = "smallest" if found["best"]["lr"] == 0.01 else "largest"
    assert found["edges"] == {"lr": edge}
    assert f"lr {found['best']['lr']} is the {edge} of those tried" in out
    assert found["command"] == f"pipeline run {SMALL} --lr {found['best']['lr']} --seed 0"
    assert found["command"] in out


def test_what_it_trained_is_what_train_would_and_the_other_way_round(call, document):
    lone = document(f"train {SMALL} --activation tanh --lr 0.05 --workers 2")
    status, _, err = call(f"search activation=tanh,relu lr=0.05 {SMALL}")
    assert status == 0, err
    assert sorted(statuses(err)) == ["cached", "ran"]
    found = document(f"search activation=tanh,relu lr=0.05 {SMALL}")
    scores = {t["parameters"]["activation"]: t["accuracy"] for t in found["trials"]}
    best = lone["epochs"][lone["best_epoch"] - 1]
    assert scores["tanh"] == best["validation_accuracy"]
    again = document(f"train {SMALL} --activation relu --lr 0.05")
    assert {stage["status"] for stage in again["stages"]} == {"cached"}


def test_stages_before_the_training_can_be_searched(document):
    found = document(f"search components=5,20 --whiten pca standardize=none,feature {SMALL}")
    assert len(found["trials"]) == 4
    best = found["best"]
    assert found["command"].startswith(
        f"pipeline run {SMALL.replace('--hidden', '--whiten pca --hidden')}"
    )
    assert found["command"].endswith(
        f"--components {best['components']} --standardize {best['standardize']}"
    )


def test_halving_ends_with_the_whole(call, document):
    search = f"search lr=0.001..1 --trials 5 --halving 2 {SMALL}"
    _, out, _ = call(f"{search} --dry-run")
    assert "5 of 5 trainings would run in the first round; " in out
    assert "epochs of combinations: 5 for 1, then 3 for 2, then 2 for 4" in out
    found = document(search)
    assert found["rounds"] == [
        {"trials": 5, "epochs": 1},
        {"trials": 3, "epochs": 2},
        {"trials": 2, "epochs": 4},
    ]
    assert [trial["epochs"] for trial in found["trials"]] == [4, 4, 2, 1, 1]
    assert found["edges"] == {}
    _, out, err = call(search)
    assert statuses(err) == ["cached"] * 10
    assert "trials × epochs by round: 5 × 1, 3 × 2, 2 × 4" in out
    more = document(f"search lr=0.001..1 --trials 6 {SMALL}")
    drawn = {trial["parameters"]["lr"] for trial in more["trials"]}
    assert {trial["parameters"]["lr"] for trial in found["trials"]} < drawn


def test_one_that_fails_is_no_end(call, document):
    search = f"search lr=0.01,1e30 {SMALL}"
    status, out, err = call(search)
    assert status == 0
    assert "lr=1e+30  failed: training diverged" in err
    assert "the first that failed: training diverged: the loss is no longer finite" in out
    found = document(search)
    assert [bool(trial["failure"]) for trial in found["trials"]] == [False, True]
    assert found["best"] == {"lr": 0.01}


def test_where_all_fail_there_is_none_to_choose(call, document, folder):
    search = f"search lr=1e30,1e31 {SMALL} --save none.toml"
    status, out, _ = call(search)
    assert status == 1
    assert out.endswith("none to choose: every one failed\n")
    found = document(search, expected=1)
    assert (found["best"], found["command"], found["saved"]) == (None, None, None)
    assert not (folder / "none.toml").exists()


def test_the_best_is_saved_for_config(call, document, folder):
    found = document(
        f"search batchnorm=on,off hidden=8/8,8 --lr 0.1 {WITHOUT_SIZES} --save best.toml"
    )
    assert found["saved"] == "best.toml"
    saved = tomllib.loads((folder / "best.toml").read_text("utf-8"))
    assert {name: saved[name] for name in found["best"]} == found["best"]
    assert (saved["lr"], saved["epochs"]) == (0.1, 4)
    assert "# search" in (folder / "best.toml").read_text("utf-8")
    again = document("train --config best.toml")
    assert {stage["status"] for stage in again["stages"]} == {"cached"}
    run = shlex.split(found["command"])
    assert run[:2] == ["pipeline", "run"]
    again = document(shlex.join(["train", *run[2:]]))
    assert {stage["status"] for stage in again["stages"]} == {"cached"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("lr=0.1 --save-recipe .", "--save-recipe: expected the name of a file that can be"),
        ("lr=0.1 --executor thread --cluster tcp://x:1", "expected --executor dask beside it"),
        (
            "lr=0.1 --lr 0.2",
            "expected lr to be given once, found it in what is searched and as a flag",
        ),
        (
            "workers=1,2",
            "parameters that trainings can be compared in, found workers; give it as a",
        ),
        ("val_fraction=0.1,0.2", "can be compared in, found val_fraction"),
        ("seed=0..5", "seed: expected seeds, such as seed=0,1,2, found a range"),
        (
            "lr=0.1 --val-fraction 0",
            "expected validation images to choose by, found --val-fraction 0",
        ),
        ("lr=0.1 --trials 0", "--trials: expected an integer of at least 1, found 0"),
        ("lr=0.1 --halving x", "--halving: expected an integer of at least 2, found 'x'"),
        ("epochs=2,4 --halving 2", "expected --halving to choose the epochs, found epochs=… too"),
        ("lr=0.1 --save .", "--save: expected the name of a file that can be written, found ."),
        (
            "lr=0.1,0.2 --source none",
            f"--source: expected {', '.join(NAMES)}, a URL or a path, found none",
        ),
    ],
)
def test_a_mistake_is_reported_in_one_line_before_any_work(call, words, message):
    status, out, err = call(f"search {words}")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err


def test_workers_that_the_user_gives_are_used(call):
    status, _, err = call(f"search lr=0.07 {SMALL} --workers 2 --executor thread --at-once 1")
    assert (status, statuses(err)) == (0, ["ran"])


def test_a_page_and_a_picture(call, folder):
    status, out, err = call(
        f"search lr=0.01,0.1 hidden=4/8 {WITHOUT_SIZES} --report found.html --plot effects.svg"
    )
    assert status == 0, err
    assert "means of its values differ by" in out
    assert out.splitlines()[-2:] == ["report: found.html", "plot: effects.svg"]
    assert "Leaderboard" in (folder / "found.html").read_text("utf-8")
    assert (folder / "effects.svg").read_text("utf-8").startswith("<svg ")


def test_a_page_that_cannot_be_written_is_reported_before_the_work(call):
    for flag in ("--report .", "--plot x.gif"):
        status, out, err = call(f"search lr=0.01,0.1 {SMALL} {flag}")
        assert (status, out) == (2, "")
        assert err.startswith(f"error: {flag.split()[0]}: expected the name of a file")
