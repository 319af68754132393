"""Candidates: who is ahead of whom."""

from __future__ import annotations

import pytest

from stages.commands.search.candidates import Candidate, edges, ranked
from stages.commands.search.trial import Result


def candidate(name: str, *accuracies: float, round: int = 0, loss: float = 1.0) -> Candidate:
    results = {
        seed: Result(accuracy, loss, epoch=3, seconds=1.5)
        if accuracy >= 0
        else Result(failure="diverged")
        for seed, accuracy in enumerate(accuracies)
    }
    return Candidate({"name": name}, epochs=3, round=round, results=results)


def test_the_mean_over_the_seeds_counts_then_the_loss_then_the_order():
    found = ranked(
        [
            candidate("lower", 0.5, 0.5),
            candidate("higher", 0.2, 0.9),
            candidate("worse loss", 0.5, 0.5, loss=2.0),
            candidate("the same", 0.5, 0.5),
        ]
    )
    assert [one.values["name"] for one in found] == ["higher", "lower", "the same", "worse loss"]


def test_failed_with_one_seed_is_behind_all_that_never_failed():
    found = ranked([candidate("failed", 0.9, -1), candidate("poor", 0.1, 0.1)])
    assert [one.values["name"] for one in found] == ["poor", "failed"]
    assert found[1].failure == "diverged"


def test_a_later_round_is_ahead_of_an_earlier_one():
    found = ranked([candidate("early", 0.9), candidate("late", 0.5, round=1)])
    assert [one.values["name"] for one in found] == ["late", "early"]


def test_the_document_has_mean_and_deviation_and_each_seed():
    found = candidate("a", 0.5, 0.7).document()
    assert found["accuracy"] == pytest.approx(0.6)
    assert found["deviation"] == pytest.approx(0.1 * 2**0.5)
    assert found["seeds"]["1"] == {
        "accuracy": 0.7,
        "loss": 1.0,
        "best_epoch": 3,
        "epoch_seconds": 1.5,
    }
    assert candidate("a", 0.5).document()["deviation"] is None
    failed = candidate("a", 0.5, -1).document()
    assert (failed["accuracy"], failed["failure"], list(failed["seeds"])) == (
        None,
        "diverged",
        ["0"],
    )


def test_the_best_at_an_edge():
    best = {"lr": 0.1, "batch": 64, "l2": 0.0, "flip": "none", "batchnorm": True, "decay": None}
    tried = {
        "lr": (0.01, 0.1),
        "batch": (64, 32, 128),
        "l2": (0.0,),
        "flip": ("none", "random"),
        "batchnorm": (False, True),
        "decay": (None, 0.1, 0.2),
    }
    assert edges(best, tried) == {"lr": "largest"}
    assert edges(best | {"batch": 32}, tried)["batch"] == "smallest"
