"""Graph: the order of the flow, and all that is refused when a pipeline is built."""

from __future__ import annotations

from typing import Annotated

import pytest

from pipeline.cli.picture import FORMATS
from pipeline.errors import ConfigError, GraphError
from pipeline.graph import Pipeline
from pipeline.stage import Option, Stage, stage
from tests.pipeline.shop import SHOP, add, choose, collect


def make(name: str, inputs: str, outputs: str) -> Stage:
    """A stage with these artifacts, by names separated by blanks."""
    scope: dict = {}
    exec(f"def {name}({', '.join(inputs.split())}): pass", scope)
    return stage(outputs=tuple(outputs.split()))(scope[name])


def test_order_follows_the_artifacts_not_the_listing():
    assert list(Pipeline(add, choose, collect).stages) == ["collect", "choose", "add"]


def test_upstream_is_the_cone_of_the_targets_in_order():
    assert [s.name for s in SHOP.upstream(["choose"])] == ["collect", "choose"]
    assert [s.name for s in SHOP.upstream()] == ["collect", "choose", "add"]


def test_a_goal_brings_its_targets_along():
    pipeline = Pipeline(collect, choose, add, goals={"collect": ("choose",)})
    assert [s.name for s in pipeline.upstream(["collect"])] == ["collect", "choose"]


def test_a_stage_aside_is_there_for_who_names_it_alone():
    pipeline = Pipeline(collect, choose, add, aside=("choose",))
    assert [s.name for s in pipeline.upstream()] == ["collect", "choose", "add"]
    beside = Pipeline(collect, choose, aside=("choose",))
    assert [s.name for s in beside.upstream()] == ["collect"]
    assert [s.name for s in beside.upstream(["choose"])] == ["collect", "choose"]
    assert "floor" in beside.parameters
    for draw in FORMATS.values():
        assert "collect" in draw(beside)
        assert "choose" not in draw(beside)
    with pytest.raises(GraphError, match="aside: no stage is named 'chose'"):
        Pipeline(collect, aside=("chose",))


def test_parameters_of_a_part():
    assert list(SHOP.parameters_of(SHOP.upstream(["collect"]))) == ["days", "noise"]


def test_defaults_replace_those_of_the_stages():
    pipeline = Pipeline(collect, defaults={"days": 3})
    assert pipeline.parameters["days"].default == 3
    assert SHOP.parameters["days"].default == 7


@pytest.mark.parametrize(
    ("stages", "goals", "defaults", "message"),
    [
        ((collect, collect), {}, {}, "two stages are named 'collect'"),
        (
            (make("a", "", "x"), make("b", "", "x")),
            {},
            {},
            "artifact 'x' is made twice: by a and by b",
        ),
        ((collect, add), {}, {}, "stage add: no artifact is named 'kept'; known: sales"),
        ((make("a", "sale", "x"), collect), {}, {}, "did you mean 'sales'"),
        ((make("a", "y", "x"), make("b", "x", "y")), {}, {}, "the stages form a cycle: .*→"),
        ((make("a", "x", "x"),), {}, {}, "cycle: a → a"),
        (
            (collect,),
            {},
            {"dais": 1},
            "defaults: no parameter is named 'dais'; did you mean 'days'",
        ),
        ((collect,), {"collect": ("nowhere",)}, {}, "goal collect: no stage is named 'nowhere'"),
        ((collect,), {"there": ("collect",)}, {}, "goal there: no stage is named 'there'"),
    ],
)
def test_what_cannot_work_is_refused_by_name(stages, goals, defaults, message):
    with pytest.raises(GraphError, match=message):
        Pipeline(*stages, goals=goals, defaults=defaults)


def test_one_parameter_with_two_meanings_is_refused():
    @stage(outputs=("other",))
    def other(*, days: Annotated[int, Option("another meaning")] = 7):
        """Another stage."""

    with pytest.raises(GraphError, match="'days' has two meanings: in collect and in other"):
        Pipeline(collect, other)


def test_an_unknown_target_is_the_callers_mistake():
    with pytest.raises(ConfigError, match="no stage is named 'chose'; did you mean 'choose'"):
        SHOP.upstream(["chose"])
