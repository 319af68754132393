"""What a search leaves: the table, the effects, a recipe; and what it is without words."""

from __future__ import annotations

import csv
import os
import tomllib

import pytest

from stages.commands.search.trial import Trials
from tests import sources
from tests.stages.commands.search.test_command import SMALL, statuses

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return sources.known_in(tmp_path_factory.mktemp("results"))


def test_without_words_it_is_the_grid_of_96(call, document):
    found = document(f"search --dry-run {SMALL.replace('--batch 30 ', '')}")
    assert len(found["trainings"]) == 96
    assert found["trainings"][0]["parameters"] == "lr=0.05 l2=0.0 momentum=0.9 batch=32"
    assert found["trainings"][-1]["parameters"] == "lr=0.001 l2=0.001 momentum=0.95 batch=128"
    _, out, _ = call(f"search --dry-run {SMALL} --lr 0.1")
    assert "8 of 8 trainings would run" in out, "a flag takes its parameter out of the grid"


@pytest.mark.everyday
def test_the_table_the_effects_and_the_recipe(call, document, folder, monkeypatch):
    search = f"search lr=0.01,0.3 l2=0,1e-3 {SMALL} --executor serial"
    status, out, err = call(f"{search} --csv --save-recipe winner.toml")
    assert (status, statuses(err)) == (0, ["ran"] * 4)
    assert "  * " in err, "the best so far has a star"
    rows = list(csv.DictReader(out.splitlines()))
    found = document(search)
    assert [float(row["accuracy"]) for row in rows] == [t["accuracy"] for t in found["trials"]]
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4"]
    means = {one["value"]: one["accuracy"] for one in found["effects"]["lr"]}
    scores = [t["accuracy"] for t in found["trials"] if t["parameters"]["lr"] == 0.3]
    assert means[0.3] == sum(scores) / 2
    decided = []
    decide = Trials.decide
    monkeypatch.setattr(Trials, "decide", lambda *given: decided.append(given) or decide(*given))
    for training in (folder / "artifacts" / "train").glob("[0-9a-f]*"):
        os.utime(training, (0, 0))
    _, out, err = call(search)
    assert (statuses(err), len(decided)) == (["cached"] * 4, 1), "the trials are remembered"
    freed = document("gc --unused-days 30 --dry-run")
    assert not freed["removed"], "and used"
    for manifest in (folder / "artifacts" / "train").glob("[0-9a-f]*/manifest.json"):
        os.utime(manifest)
    assert (statuses(call(search)[2]), len(decided)) == (["cached"] * 4, 6), "unless touched since"
    assert "parameter  spread  mean validation, %, by value" in out
    recipe = tomllib.loads((folder / "winner.toml").read_text("utf-8"))
    assert {name: recipe[name] for name in found["best"]} == found["best"]
    assert not recipe.keys() & {"source", "synthetic_size", "seed", "val_fraction"}
    where = "--source synthetic --synthetic-size 300 --workers 1"
    again = document(f"train --recipe winner.toml {where}")
    assert {stage["status"] for stage in again["stages"]} == {"cached"}
