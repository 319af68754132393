"""Recipes: they scale with their epochs, and a search finds images to choose by. Former names."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.conftest import SMALL

TINY = (*SMALL, "--hidden", "8", "--components", "6", "--batch", "50", "--no-color")


def test_a_recipe_for_fewer_epochs(document):
    found = document("train", "--recipe", "fast-dense", "--epochs", "2", *TINY)
    assert len(found["epochs"]) == 2
    rates = [epoch["lr"] for epoch in found["epochs"]]
    assert rates[0] < rates[1] <= 0.5, "it rises for 3 of 14 epochs, and here for 0.43 of 2"
    settings = document("config", "--recipe", "fast-dense", "--epochs", "2")
    assert settings["warmup"]["value"] == pytest.approx(3 * 2 / 14)
    assert settings["warmup"]["origin"] == "recipe fast-dense, for 2 instead of 14 epochs"


@pytest.mark.parametrize("recipe", ["best", "fast", "fast-dense", "gray", "max", "max-dense"])
@pytest.mark.parametrize("epochs", ["1", "2", "1000"])
def test_every_recipe_can_be_planned_for_any_number_of_epochs(document, recipe, epochs):
    found = document("plan", "--recipe", recipe, "--epochs", epochs, *SMALL)
    assert [one["name"] for one in found["stages"]][-1] == "serialize"


def test_a_search_holds_images_back_by_itself(call):
    space = ("search", "lr=0.1,0.2", "--recipe", "fast-dense", "--dry-run", *TINY)
    status, out, err = call(*space)
    assert (status, out.count("runs")) == (0, 2), err
    assert err == (
        "search holds 20% of the training images back, to choose by; recipe fast-dense trains on "
        "all of them\n"
    )
    status, out, err = call(*space, "--val-fraction", "0")
    assert (status, out) == (2, "")
    assert "expected validation images to choose by, found --val-fraction 0" in err


@pytest.mark.parametrize(
    ("flags", "file", "variables", "warning"),
    [
        (("--mirror",), "", {}, "command line: --mirror is called --tta now; use that name"),
        ((), "mirror = true", {}, "old.toml: mirror is called tta now; use that name"),
        (
            (),
            "",
            {"PIPELINE_MIRROR": "1"},
            "environment: PIPELINE_MIRROR is called PIPELINE_TTA now; use that name",
        ),
    ],
)
def test_former_names_of_parameters(call, tmp_path, monkeypatch, flags, file, variables, warning):
    (tmp_path / "old.toml").write_text(file)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    status, out, err = call("config", "--json", "--config", "old.toml", *flags)
    assert (status, err) == (0, f"warning: {warning}\n")
    assert json.loads(out)["tta"]["value"] is True


def test_former_names_of_a_searchs_own_flags(call):
    former = ("--at-once", "1", "--draws", "3")
    space = ("search", "lr=0.001..1", "--trials", "2", "--dry-run", *SMALL)
    status, out, err = call(*space, *former)
    assert status == 0
    assert err.splitlines() == [
        "warning: --at-once is called --jobs now; use that name",
        "warning: --draws is called --search-seed now; use that name",
    ]
    assert out == call(*space, "--jobs", "1", "--search-seed", "3")[1]
    assert out != call(*space, "--search-seed", "4")[1]


def test_a_variable_that_nobody_knows_is_a_warning(call, monkeypatch):
    monkeypatch.setenv("PIPELINE_LRR", "1")
    status, _, err = call("plan", *SMALL)
    assert status == 0
    assert err == (
        "warning: environment PIPELINE_LRR: no parameter has this variable, so it is ignored; did "
        "you mean PIPELINE_LR?\n"
    )
