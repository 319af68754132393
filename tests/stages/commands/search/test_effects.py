"""What each parameter does, over what the others happen to be."""

from __future__ import annotations

import pytest

from stages.commands.search.effects import GROUPS, effects, spread


def trial(accuracy, **values):
    return {"parameters": values, "accuracy": accuracy}


def test_means_by_value_and_the_largest_spread_first():
    found = effects(
        [
            trial(0.5, lr=0.1, hidden=[8], flip="none"),
            trial(0.7, lr=0.1, hidden=[16], flip="none"),
            trial(0.1, lr=0.01, hidden=[8], flip="none"),
            trial(0.3, lr=0.01, hidden=[16], flip="none"),
            trial(None, lr=0.3, hidden=[16], flip="none"),
        ]
    )
    assert list(found) == ["lr", "hidden"], "flip never varied"
    assert [one["value"] for one in found["lr"]] == [0.01, 0.1]
    assert [one["accuracy"] for one in found["lr"]] == pytest.approx([0.2, 0.6])
    assert [one["value"] for one in found["hidden"]] == [[8], [16]]
    assert [one["trials"] for one in found["hidden"]] == [2, 2]
    assert spread(found["lr"]) == pytest.approx(0.4)


def test_neighbours_of_many_numbers_count_together():
    found = effects([trial(number / 100, lr=number / 100) for number in range(1, 41)])["lr"]
    assert len(found) == GROUPS
    assert [one["trials"] for one in found] == [5] * GROUPS
    assert found[0] == {"value": 0.03, "accuracy": pytest.approx(0.03), "trials": 5}


def test_one_trial_has_no_effects():
    assert effects([trial(0.5, lr=0.1)]) == {}
    assert effects([]) == {}
