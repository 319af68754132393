"""The ablation, end to end on a few hundred drawn shapes; and what it does with odd results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from pipeline.cli.program import open_session
from pipeline.errors import UserError
from stages.cifar10 import PROGRAM
from tests import sources
from tests.ablation.figures import summarize, table
from tests.ablation.rows import RECIPE, ROWS, Row
from tests.ablation.trainings import ROOT, Result, carry_out, common_flags

DIVERGED = "error: training diverged: the loss is no longer finite"


@pytest.fixture
def ablation(tmp_path):
    """Run the script with these arguments: status, stdout, stderr."""
    small = {"DATA_DIR": str(tmp_path / "data"), "SYNTHETIC_SIZE": "300", "HIDDEN": "16"}
    small |= {"COLOR": "false", "COMPONENTS": "20", "BATCH": "50"}

    sources.known_in(tmp_path)

    def go(*arguments: str) -> tuple[int, str, str]:
        folders = ["--artifacts-dir", str(tmp_path / "artifacts"), "--out", str(tmp_path / "out")]
        done = subprocess.run(
            [sys.executable, "-m", "tests.ablation", *arguments, *folders],
            cwd=ROOT,
            env={**os.environ, **{f"PIPELINE_{key}": value for key, value in small.items()}},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout, done.stderr

    return go


@pytest.mark.long
def test_from_a_source_to_a_table(ablation, tmp_path):
    rows = ("no-smoothing",)
    given = ("--source", "synthetic", "--epochs", "1", "--seeds", "3", "4", "--jobs", "2")
    status, out, err = ablation(*given, "--only", *rows)
    assert (status, err) == (0, "")
    assert "[4/4]" in out
    assert "cached" not in out.partition("\n")[2]
    document = json.loads((tmp_path / "out" / "ablation.json").read_text())
    assert document["dataset"] == "synthetic"
    assert document["seeds"] == [3, 4]
    assert [row["name"] for row in document["rows"]] == ["fast-dense", *rows]
    fast, changed = document["rows"][:2]
    assert changed["flags"] == "--smoothing 0"
    assert changed["seconds"] > 0
    for row in document["rows"]:
        assert all(0 < accuracy < 1 for accuracy in row["plain"] + row["tta"])
        assert row["plain figure"][0] == pytest.approx(sum(row["plain"]) / 2)
    by_seed = [a - b for a, b in zip(changed["plain"], fast["plain"], strict=True)]
    assert changed["plain difference"][0] == pytest.approx(sum(by_seed) / 2)
    assert fast["plain difference"] is None

    status, again, _ = ablation(*given, "--only", *rows)
    assert status == 0
    assert again.count("  cached") == 4
    assert again[again.index("synthetic, 1 epochs") :] == out[out.index("synthetic, 1 epochs") :]


@pytest.mark.long
def test_a_source_that_is_not_there_is_reported_once(ablation):
    status, _, err = ablation("--source", "missing.tar.gz", "--only", "gray", "--seeds", "0")
    assert status == 2
    assert err.startswith("error: recipe fast-dense, seed 0: ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (("--seeds", "-1"), "expected at least 0, found -1"),
        (("--epochs", "0"), "expected at least 1, found 0"),
        (("--jobs", "x"), "invalid whole number value: 'x'"),
        (("--only", "grey"), "invalid choice: 'grey'"),
    ],
)
def test_arguments_that_make_no_sense(ablation, arguments, reported):
    status, _, err = ablation(*arguments)
    assert status == 2
    assert reported in err.splitlines()[-1]


def accuracies(found: dict[str, float]):
    """A stand-in for trainings that would take minutes: results by the value of --lr."""

    def train(flags: Sequence[str], seed: int) -> Result:
        value = found[flags[-1] if flags else ""] + seed / 100
        return Result(failure=DIVERGED) if value < 0 else Result(value, value, 1.0, "none")

    return train


CHOICE = Row("choice", "some", "--no-batchnorm --lr 1|2|3")


def test_the_best_of_a_choice_with_the_first_seed_goes_on():
    reported: list[str] = []
    train = accuracies({"": 0.5, "1": 0.2, "2": 0.4, "3": -9})
    found = carry_out([CHOICE], (1, 2, 7), 2, train, reported.append)
    assert [one.row.name for one in found] == ["fast-dense", "choice"]
    assert found[1].flags == ("--no-batchnorm", "--lr", "2")
    assert sorted(found[1].results) == [1, 2, 7]
    assert len(reported) == 4 + 2 * 2
    _, row = summarize(found)
    assert row["plain difference"] == pytest.approx((-0.1, 0))  # though accuracies vary by seed
    assert row["tried"] == pytest.approx({"--no-batchnorm --lr 1": 0.21, row["chosen"]: 0.41})
    assert "--lr 2  (best of 1, 2, 3)" in table(summarize(found))


def test_a_row_that_fails_does_not_stop_the_others():
    train = accuracies({"": 0.5, "1": -9, "2": -9, "3": -9, "--no-color": 0.3})
    found = carry_out([CHOICE, ROWS["gray"]], (0,), 1, train, lambda line: None)
    fast, choice, gray = summarize(found)
    assert choice["plain"] == []
    assert choice["failures"] == {0: DIVERGED}
    assert gray["plain figure"] == (0.3, None)
    lines = table([fast, choice, gray]).splitlines()
    assert [line.split()[:3] for line in lines[-3:]] == [
        ["choice", "–", "–"],
        ["one", "left", "out:"],
        ["gray", "30.00", "30.00"],
    ]
    assert DIVERGED in lines[-3]


def test_a_seed_that_fails_is_reported():
    def train(flags: Sequence[str], seed: int) -> Result:
        return Result(failure=DIVERGED) if flags and seed else Result(0.5, 0.5, 1.0, "none")

    found = carry_out([ROWS["gray"]], (0, 1), 1, train, lambda line: None)
    assert "--no-color  (failed with seed 1)" in table(summarize(found))


def test_nothing_goes_on_when_the_recipe_fails():
    reported: list[str] = []
    with pytest.raises(UserError, match=r"recipe fast-dense, seed 0: training diverged"):
        carry_out([CHOICE], (0, 1), 1, accuracies({"": -9}), reported.append)
    assert len(reported) == 1


def test_two_choices_in_a_row_are_refused():
    with pytest.raises(ValueError, match="two: expected a choice of one flag, found"):
        Row("two", "some", "--lr 1|2 --batch 1|2").variants()


def test_the_number_of_epochs_is_that_of_the_caller_or_the_recipe():
    assert common_flags("synthetic", "artifacts", 7)[-2:] == ["--epochs", "7"]
    assert "--epochs" not in common_flags("synthetic", "artifacts", None)


def test_the_program_can_make_something_of_every_row(tmp_path, monkeypatch):
    sources.known_here(monkeypatch)
    common = {"as_json": True, "dry_run": True, "quiet": True, "verbose": False, "style": "auto"}
    common |= {"config": None, "recipe": RECIPE, "artifacts_dir": str(tmp_path), "jobs": None}
    common |= {"executor": None, "keep_going": False, "remote": None}
    common |= {"cluster": None, "cluster_tls": None}
    for row in ROWS.values():
        for flags in row.variants():
            given = flags_of(flags)
            open_session(PROGRAM, ("evaluate",), common, given, given)  # which checks them


def flags_of(words: Sequence[str]) -> dict[str, str]:
    """Parameters by name, as text, of flags that switch something, or have a value after them."""
    found: dict[str, str] = {}
    for word in words:
        name = word.removeprefix("--").replace("-", "_")
        if not word.startswith("--"):
            found[list(found)[-1]] = word
        elif name.startswith("no_"):
            found[name.removeprefix("no_")] = "off"
        else:
            found[name] = "on"
    return found
