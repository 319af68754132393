"""The layers of the settings, what each refuses, former names, and recipes that scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ConfigError
from pipeline.settings import Setting, resolve
from tests.pipeline.table import PARAMETERS, parameter, refusal, values


def test_defaults():
    resolved = resolve(PARAMETERS)
    assert list(resolved) == list(PARAMETERS)
    assert resolved["lr"] == Setting(0.01, "default")


def test_a_default_takes_the_type_of_its_parameter():
    (setting,) = resolve({"lr": parameter("lr", float, 1)}).values()
    assert type(setting.value) is float


def test_a_wrong_default_is_named():
    with pytest.raises(ConfigError, match="default of --lr: expected a number, found 'fast'"):
        resolve({"lr": parameter("lr", float, "fast")})


def test_each_layer_beats_the_one_before():
    layers = {
        "recipe": ("fast", {"lr": 0.1}),
        "file": ("mine.toml", {"lr": 0.2}),
        "environment": {"PIPELINE_LR": "0.3", "HOME": "/"},
        "flags": {"lr": "0.4"},
        "arguments": {"lr": 0.5},
    }
    origins = ("recipe fast", "file mine.toml", "environment PIPELINE_LR", "flag --lr")
    given = {}
    for (layer, content), value, origin in zip(
        layers.items(), (0.1, 0.2, 0.3, 0.4, 0.5), (*origins, "argument lr"), strict=True
    ):
        given[layer] = content
        assert resolve(PARAMETERS, **given)["lr"] == Setting(value, origin)


def test_flags_may_be_values_already():
    given = {"color": True, "hidden": (3, 4), "patience": None, "lr": 1}
    assert given.items() <= values(flags=given).items()


def test_arguments_are_pythons_values_and_those_of_numpy():
    given = {
        "lr": np.float32(0.5),
        "epochs": np.int64(3),
        "color": np.bool_(True),
        "hidden": [np.int32(3), 4],
        "save": Path("a") / "b",
        "warmup": np.array(2.0),
    }
    found = values(arguments=given)
    expected = {"lr": 0.5, "epochs": 3, "color": True, "hidden": (3, 4), "save": "a/b"}
    assert expected.items() <= found.items()
    assert found["warmup"] == 2.0
    assert [type(found[name]) for name in ("lr", "epochs", "color")] == [float, int, bool]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"epochs": -5}, "epochs: expected at least 1, found -5"),
        ({"epochs": "5"}, "epochs: expected an integer, found '5'"),
        ({"lr": np.nan}, "lr: expected a number, found nan"),
        ({"hidden": np.array([3, 4])}, "hidden: expected an array of integers, found array("),
        ({"epoch": 5}, "unknown parameter 'epoch'; did you mean epochs?"),
        ({"zzz": 5}, "unknown parameter 'zzz'; known: lr, epochs, hidden, "),
    ],
)
def test_arguments_are_checked_as_flags_are(given, line):
    assert refusal(arguments=given).startswith(line)


def test_a_recipe_is_checked_like_a_file():
    for layer, place in (("recipe", "recipe fast"), ("file", "fast")):
        assert refusal(**{layer: ("fast", {"lr": -1})}) == (
            f"{place}, key 'lr': expected a number above 0, found -1"
        )
        assert refusal(**{layer: ("fast", {"lern": 1})}) == (
            f"{place}: unknown key 'lern'; did you mean 'lr'?"
        )


def test_dashes_and_underscores_are_alike():
    assert values(file=("x", {"val-fraction": 0.5}))["val_fraction"] == 0.5
    assert values(file=("x", {"val_fraction": 0.5}))["val_fraction"] == 0.5
    assert refusal(file=("x", {"val_fraction": 0.5, "val-fraction": 0.5})) == (
        "x: key 'val-fraction' is there twice, in two spellings"
    )


def test_unknown_variables_of_the_environment_are_a_warning():
    reported: list[str] = []
    given = {"PIPELINE_EPOCH": "1", "PIPELINE_ZZZZ": "1", "PIPELINE_JSON": "1", "OTHER": "x"}
    found = values(environment=given, known_environment=["PIPELINE_JSON"], warn=reported.append)
    assert found == values()
    first, second = reported
    assert first == (
        "environment PIPELINE_EPOCH: no parameter has this variable, so it is ignored; did you "
        "mean PIPELINE_EPOCHS?"
    )
    assert "PIPELINE_ZZZZ: no parameter has this variable, so it is ignored; known: " in second
    assert second.endswith(", PIPELINE_JSON")


def test_an_empty_variable_is_none():
    assert values(environment={"PIPELINE_LR": "", "PIPELINE_NONE": ""}) == values()


@pytest.mark.parametrize(
    ("layer", "given", "warning"),
    [
        ("flags", {"colour": "yes"}, "command line: --colour is called --color now; use that name"),
        ("arguments", {"colour": True}, "arguments: colour is called color now; use that name"),
        ("file", ("x", {"colour": True}), "x: colour is called color now; use that name"),
        ("recipe", ("x", {"colour": True}), "recipe x: colour is called color now; use that name"),
        (
            "environment",
            {"PIPELINE_COLOUR": "1"},
            "environment: PIPELINE_COLOUR is called PIPELINE_COLOR now; use that name",
        ),
    ],
)
def test_a_former_name_works_with_a_warning(layer, given, warning):
    reported: list[str] = []
    assert values(**{layer: given}, warn=reported.append)["color"] is True
    assert reported == [warning]


RECIPE = {"epochs": 14, "warmup": 3.0, "refine": 2}


@pytest.mark.parametrize(
    ("epochs", "warmup", "refine"), [(14, 3.0, 2), (7, 1.5, 1), (2, 3 / 7, 0), (140, 30.0, 20)]
)
def test_a_recipe_scales_with_its_epochs(epochs, warmup, refine):
    found = resolve(PARAMETERS, recipe=("fast", RECIPE), flags={"epochs": epochs})
    assert found["warmup"].value == pytest.approx(warmup)
    assert found["refine"].value == refine
    assert found["every"] == Setting(10, "default"), "the recipe has not chosen it"
    if epochs != 14:
        assert found["warmup"].origin == f"recipe fast, for {epochs} instead of 14 epochs"


def test_what_the_caller_gives_is_not_scaled():
    found = values(recipe=("fast", RECIPE), flags={"epochs": 7, "warmup": 2.0})
    assert (found["warmup"], found["refine"]) == (2.0, 1)
    same = values(recipe=("fast", {"warmup": 3.0}), flags={"epochs": 5})
    assert same["warmup"] == 3.0, "the recipe says nothing about epochs"
    alone = values(flags={"epochs": 5, "warmup": 3.0})
    assert alone["warmup"] == 3.0
    least = values(recipe=("x", {"epochs": 100, "every": 3}), arguments={"epochs": 1})
    assert least["every"] == 1, "nothing falls below its minimum"
