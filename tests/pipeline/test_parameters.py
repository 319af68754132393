"""Option groups: flattened, checked, and the same parameter in several of them."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from pipeline import Option, Pipeline, errors, stage
from pipeline.errors import ConfigError, GraphError
from pipeline.parameters import Group
from tests.pipeline.fork import left

Seed = Annotated[int, Option("seed", minimum=0)]


@dataclass(frozen=True)
class Wheel:
    """The wheel. And more about it."""

    size: Annotated[int, Option("size", minimum=1)] = 28
    spokes: Annotated[int, Option("spokes", minimum=3)] = 36

    def __post_init__(self) -> None:
        if self.spokes > 2 * self.size:
            raise ConfigError(f"--spokes {self.spokes}: expected fewer, found many")


@dataclass(frozen=True)
class RearWheel(Wheel):
    """The rear one."""

    gears: Annotated[int, Option("gears", minimum=1)] = 7
    seed: Seed = 0


@stage(outputs=("bike",))
def build(*, wheel: RearWheel = RearWheel(gears=9), color: Annotated[str, Option("c")] = "red"):
    """Build."""
    return wheel


@stage(outputs=("drawing",))
def draw(bike: Any, *, front: Wheel = Wheel(), seed: Seed = 0):
    """Draw."""
    return front


BIKE = Pipeline(build, draw)


def test_a_group_is_flattened_and_keeps_the_names_of_its_fields():
    assert list(build.parameters) == ["size", "spokes", "gears", "seed", "color"]
    assert list(build.groups) == ["wheel"]
    assert build.groups["wheel"] == Group(RearWheel, tuple(build.parameters.values())[:4])
    assert build.parameters["gears"].default == 9, "the default is that of the argument"
    assert build.parameters["size"].group == "The rear one"
    assert build.parameters["color"].group == ""


def test_the_function_gets_the_group():
    values = {name: one.default for name, one in BIKE.parameters.items()}
    assert build.arguments(values | {"size": 20}) == {
        "color": "red",
        "wheel": RearWheel(size=20, gears=9),
    }
    assert draw.arguments(values) == {"front": Wheel(), "seed": 0}


def test_one_parameter_in_two_groups_is_one():
    assert list(BIKE.parameters) == ["size", "spokes", "gears", "seed", "color"]

    @stage(outputs=("x",))
    def other(*, it: Other = Other()):
        """Other."""

    with pytest.raises(GraphError, match="'size' has two meanings: in build and in other"):
        Pipeline(build, other)


def test_values_that_do_not_go_together_are_refused_for_who_needs_them():
    values = {name: one.default for name, one in BIKE.parameters.items()} | {"spokes": 99}
    with pytest.raises(ConfigError, match="--spokes 99: expected fewer"):
        BIKE.check(values)

    @stage(outputs=("bell",))
    def ring():
        """Ring."""

    Pipeline(build, ring).check(values, ["ring"])


def test_checks_look_at_parameters_of_several_stages():
    def check(values):
        if values["color"] == values["seed"]:
            raise errors.ConfigError("never")

    pipeline = Pipeline(build, draw, checks={"draw": check})
    values = {name: one.default for name, one in BIKE.parameters.items()} | {"color": 0}
    pipeline.check(values, ["build"])
    with pytest.raises(ConfigError, match="never"):
        pipeline.check(values)
    with pytest.raises(GraphError, match="checks: no stage is named 'drawn'"):
        Pipeline(build, checks={"drawn": check})


def test_stages_and_groups_pickle():
    assert pickle.loads(pickle.dumps(left)) is left
    assert pickle.loads(pickle.dumps(RearWheel(size=3, spokes=5))) == RearWheel(size=3, spokes=5)


@dataclass(frozen=True)
class Other:
    size: Annotated[int, Option("another size")] = 28


@dataclass
class Changeable:
    size: Annotated[int, Option("size")] = 1


@dataclass(frozen=True)
class Bare:
    size: int = 1


def changeable(*, it: Changeable = Changeable()): ...


def bare(*, it: Bare = Bare()): ...


def no_default(*, it: Wheel): ...


def wrong_default(*, it: Wheel = None): ...


def unknown(*, it: Inner = Wheel()): ...  # noqa: F821


def twice(*, it: Wheel = Wheel(), size: Annotated[int, Option("size", minimum=1)] = 28): ...


@pytest.mark.parametrize(
    ("function", "line"),
    [
        (changeable, "argument it: expected a frozen dataclass, found one that can be changed"),
        (bare, "argument it, field size: expected an annotation Annotated[type, Option('…')]"),
        (no_default, "argument it: a parameter needs a default"),
        (wrong_default, "argument it: expected a default such as Wheel()"),
        (
            unknown,
            "argument it: expected an annotation of names that the module has, found Inner: "
            "name 'Inner' is not defined",
        ),
        (twice, "argument size: parameter 'size' is there twice"),
    ],
)
def test_a_group_that_is_none(function, line):
    with pytest.raises(GraphError) as caught:
        stage(outputs=("a",))(function)
    assert str(caught.value) == f"stage {function.__name__}, {line}"
