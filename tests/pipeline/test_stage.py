"""What a signature says, what it must say, and what an option allows."""

from __future__ import annotations

import math
import pickle
from typing import Annotated, Optional

import numpy as np
import pytest

from pipeline.context import QUIET, Context
from pipeline.errors import ConfigError, GraphError
from pipeline.stage import Option, Parameter, stage
from tests.pipeline import shop

Rate = Annotated[float, Option("learning rate", above=0)]


@stage(outputs=("features", "shape"))
def prepare(
    images: np.ndarray,
    labels,
    *,
    rate: Rate = 0.1,
    hidden: Annotated[tuple[int, ...], Option("widths")] = (512, 256),
    patience: Annotated[int | None, Option("epochs")] = None,
    limit: Annotated[Optional[float], Option("limit")] = None,  # noqa: UP045
    name: Annotated[str, Option("a name")] = "x",
    color: Annotated[bool, Option("colours")] = False,
    context: Context = QUIET,
):
    """Prepare images for
    training.

    More about it.
    """
    context.info("a line that nobody reads")
    return images, rate


def test_a_stage_is_what_its_signature_says():
    assert prepare.name == "prepare"
    assert prepare.inputs == ("images", "labels")
    assert prepare.outputs == ("features", "shape")
    assert prepare.takes_context
    assert prepare.resolve is None
    assert prepare.help == "Prepare images for training."
    assert list(prepare.parameters) == ["rate", "hidden", "patience", "limit", "name", "color"]
    assert prepare.parameters["rate"] == Parameter(
        "rate", float, False, 0.1, Option("learning rate", above=0)
    )
    kinds = {name: (each.kind, each.optional) for name, each in prepare.parameters.items()}
    assert kinds == {
        "rate": (float, False),
        "hidden": (tuple, False),
        "patience": (int, True),
        "limit": (float, True),
        "name": (str, False),
        "color": (bool, False),
    }


def test_a_stage_stays_a_function():
    assert prepare("images", "labels", rate=0.5) == ("images", 0.5)


def test_a_name_and_a_resolver_of_its_own():
    def resolve(**parameters):
        return parameters

    @stage(outputs=("a",), name="other", resolve=resolve)
    def make():
        return 1

    assert make.name == make.help == "other"
    assert make.resolve is resolve
    assert not make.takes_context


def test_the_quiet_context_does_nothing():
    with QUIET.progress("label", 3, "rows") as progress:
        progress.advance(2, note="well")
    QUIET.warn("a line that nobody reads")
    assert QUIET.load_state() is None
    QUIET.save_state({}, {})


def with_default(images=1): ...


def with_rest(*images): ...


def with_named_rest(**images): ...


def with_other_context(*, context: Context = None): ...


def without_default(*, rate: Rate): ...


def without_annotation(*, rate=0.1): ...


def without_option(*, rate: Annotated[float, "learning rate"] = 0.1): ...


def with_bare_type(*, rate: float = 0.1): ...


def with_wrong_type(*, rates: Annotated[list, Option("rates")] = ()): ...


def with_wrong_tuple(*, rates: Annotated[tuple[float, ...], Option("rates")] = ()): ...


def with_wrong_union(*, rate: Annotated[int | str, Option("rate")] = 1): ...


def with_wide_union(*, rate: Annotated[int | str | None, Option("rate")] = 1): ...


@pytest.mark.parametrize(
    ("function", "line"),
    [
        (with_default, "argument images: an input has no default; a parameter follows '*'"),
        (with_rest, "argument images: *args and **kwargs name no artifact and no parameter"),
        (with_named_rest, "argument images: *args and **kwargs name no artifact and no parameter"),
        (with_other_context, "argument context: expected the default QUIET"),
        (without_default, "argument rate: a parameter needs a default"),
        (without_annotation, "argument rate: expected an annotation Annotated[type, Option('…')]"),
        (without_option, "argument rate: expected an annotation Annotated[type, Option('…')]"),
        (with_bare_type, "argument rate: expected an annotation Annotated[type, Option('…')]"),
        (with_wrong_type, "argument rates: expected bool, int, float, str or tuple[int, ...], "),
        (with_wrong_tuple, "argument rates: expected bool, int, float, str or tuple[int, ...], "),
        (with_wrong_union, "argument rate: expected bool, int, float, str or tuple[int, ...], "),
        (with_wide_union, "argument rate: expected bool, int, float, str or tuple[int, ...], "),
    ],
)
def test_a_signature_that_does_not_say_enough(function, line):
    with pytest.raises(GraphError) as caught:
        stage(outputs=("a",))(function)
    assert str(caught.value).startswith(f"stage {function.__name__}, {line}")


def test_a_stage_is_made_of_a_function():
    for other in (object(), print, [].append, Option("x").check):
        with pytest.raises(GraphError, match="expected a function, as def makes it, found"):
            stage(outputs=("a",))(other)


@pytest.mark.parametrize("outputs", [(), "features", ["features"]])
def test_outputs_are_a_tuple_of_names(outputs):
    with pytest.raises(GraphError, match="stage make: outputs must be a tuple of at least one"):

        @stage(outputs=outputs)
        def make(): ...


@pytest.mark.parametrize(
    ("bounds", "allowed", "refused", "line"),
    [
        ({"minimum": 1}, (1, 2.5), 0, "expected at least 1, found 0"),
        ({"maximum": 1}, (1, -5), 1.5, "expected at most 1, found 1.5"),
        ({"above": 0}, (1e-300, 3), 0, "expected a number above 0, found 0"),
        ({"above": 0}, (1,), -1.0, "expected a number above 0, found -1"),
        ({"below": 1}, (0.999,), 1, "expected a number below 1, found 1"),
        ({"above": 0, "below": 1}, (0.5,), math.nan, "expected a number above 0, found nan"),
        ({"minimum": 0}, (math.inf,), math.nan, "expected at least 0, found nan"),
        ({"maximum": 0}, (-math.inf,), math.nan, "expected at most 0, found nan"),
        ({"below": 0}, (-math.inf,), math.nan, "expected a number below 0, found nan"),
        ({"maximum": 10**6}, (), 10**6 + 1, "expected at most 1000000, found 1000001"),
        ({"maximum": 1}, (), 10**400, f"expected at most 1, found 1{'0' * 400}"),
        ({"maximum": 0.1}, (), 0.123456789, "expected at most 0.1, found 0.123456789"),
        ({"minimum": 1}, ((), (1, 2)), (2, 0), "expected at least 1, found 0"),
        ({"choices": ("a", "b")}, ("a", "b"), "c", "expected one of a, b, found 'c'"),
    ],
)
def test_an_option_checks(bounds, allowed, refused, line):
    option = Option("help", **bounds)
    for value in allowed:
        option.check(value)
    with pytest.raises(ConfigError) as caught:
        option.check(refused)
    assert str(caught.value) == line


def test_bounds_are_for_numbers():
    Option("help", minimum=5).check("text")
    Option("help", minimum=5).check(True)
    Option("help").check(math.nan)


def test_a_stage_and_a_pipeline_are_pickled_by_name():
    assert pickle.loads(pickle.dumps(shop.collect)) is shop.collect
    found = pickle.loads(pickle.dumps(shop.SHOP))
    assert list(found.stages.values()) == list(shop.SHOP.stages.values())
    assert found.parameters == shop.SHOP.parameters
