"""Graph: the order of the flow, and all that is refused when a pipeline is built."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Annotated

import pytest

from pipeline import Program, make_cli, plan, run
from pipeline.cli.picture import FORMATS
from pipeline.errors import ConfigError, GraphError
from pipeline.graph import COMMANDS, FLAGS, Pipeline
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


def test_an_alias_brings_its_targets_along():
    pipeline = Pipeline(collect, choose, add, aliases={"collect": ("choose",)})
    assert [s.name for s in pipeline.upstream(["collect"])] == ["collect", "choose"]


def test_an_optional_stage_is_there_for_who_names_it_alone():
    pipeline = Pipeline(collect, choose, add, optional=("choose",))
    assert [s.name for s in pipeline.upstream()] == ["collect", "choose", "add"]
    beside = Pipeline(collect, choose, optional=("choose",))
    assert [s.name for s in beside.upstream()] == ["collect"]
    assert [s.name for s in beside.upstream(["choose"])] == ["collect", "choose"]
    assert "floor" in beside.parameters
    for draw in FORMATS.values():
        assert "collect" in draw(beside)
        assert "choose" not in draw(beside)
    with pytest.raises(GraphError, match="optional: no stage is named 'chose'"):
        Pipeline(collect, optional=("chose",))


def test_parameters_of_a_part():
    assert list(SHOP.parameters_of(SHOP.upstream(["collect"]))) == ["days", "noise"]


def test_defaults_replace_those_of_the_stages():
    pipeline = Pipeline(collect, defaults={"days": 3})
    assert pipeline.parameters["days"].default == 3
    assert SHOP.parameters["days"].default == 7


@pytest.mark.parametrize(
    ("stages", "aliases", "defaults", "message"),
    [
        ((collect, collect), {}, {}, "two stages are named 'collect'"),
        (([collect],), {}, {}, r"expected stages, as @stage makes them, .*, found list \[Stage"),
        (
            (make("a", "", "x"), make("b", "", "x")),
            {},
            {},
            "artifact 'x' is made twice: by a and by b",
        ),
        ((collect, add), {}, {}, "stage add: no artifact is named 'kept'; known: 'sales', 'total'"),
        ((make("a", "sale", "x"), collect), {}, {}, "did you mean 'sales'"),
        ((make("a", "y", "x"), make("b", "x", "y")), {}, {}, "the stages form a cycle: .*→"),
        ((make("a", "x", "x"),), {}, {}, "cycle: a → a"),
        (
            (collect,),
            {},
            {"dais": 1},
            "defaults: no parameter is named 'dais'; did you mean 'days'",
        ),
        ((collect,), {"collect": ("nowhere",)}, {}, "alias collect: no stage is named 'nowhere'"),
        ((collect,), {"there": ("collect",)}, {}, "alias there: no stage is named 'there'"),
    ],
)
def test_what_cannot_work_is_refused_by_name(stages, aliases, defaults, message):
    with pytest.raises(GraphError, match=message):
        Pipeline(*stages, aliases=aliases, defaults=defaults)


def test_one_parameter_with_two_meanings_is_refused():
    @stage(outputs=("other",))
    def other(*, days: Annotated[int, Option("another meaning")] = 7):
        """Another stage."""

    with pytest.raises(GraphError, match="'days' has two meanings: in collect and in other"):
        Pipeline(collect, other)


def test_an_unknown_target_is_the_callers_mistake():
    with pytest.raises(ConfigError, match="no stage is named 'chose'; did you mean 'choose'"):
        SHOP.upstream(["chose"])


@pytest.mark.parametrize("name", ["run", "gc", "../away", "a b", "-x", ""])
def test_names_that_a_command_or_a_folder_cannot_have(name):
    @stage(outputs=("x",), name=name)
    def make_it():
        """Make it."""

    if not name:  # a stage without a name has that of its function
        assert make_it.name == "make_it"
        return
    with pytest.raises(GraphError, match=r"expected the name of a stage to be letters, .*, found "):
        Pipeline(make_it)


@pytest.mark.parametrize("artifact", ["manifest", "a b", "../x", "1st"])
def test_names_that_a_file_cannot_have(artifact):
    with pytest.raises(GraphError, match=r"stage a: expected an output to be named as a variable"):
        Pipeline(replace(make("a", "", "x"), outputs=(artifact,)))


@pytest.mark.parametrize("name", sorted(FLAGS))
def test_names_that_the_framework_needs_itself(name):
    scope: dict = {"Annotated": Annotated, "Option": Option}
    exec(f"def a(*, {name}: Annotated[int, Option('x')] = 1): pass", scope)
    with pytest.raises(GraphError, match=f"stage a: parameter '{name}' has a name that the frame"):
        Pipeline(stage(outputs=("x",))(scope["a"]))


def test_every_command_and_flag_of_a_program_is_kept_from_stages():
    group = make_cli(Program(SHOP, name="shop", help="", version="1"))
    own = set(group.list_commands(None)) - set(SHOP.stages)
    assert own == COMMANDS
    options = group.get_command(None, "run").params
    flags = {option.name for option in options} | {o.opts[0][2:].replace("-", "_") for o in options}
    assert flags - set(SHOP.parameters) <= FLAGS | {"as_json", "style"}
    arguments = inspect.signature(run).parameters.keys() | inspect.signature(plan).parameters.keys()
    assert arguments - {"pipeline"} <= FLAGS
