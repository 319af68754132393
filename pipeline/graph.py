"""Pipeline: stages wired by artifact name, checked when it is built, in topological order.

A stage that takes `images` follows the stage that makes `images`: the wiring is in the names, so
there is nothing else to keep in step with them. What cannot work is refused here, with the names:
an artifact made twice or by nobody, a cycle, one parameter with two meanings.
"""

from __future__ import annotations

import dataclasses
import difflib
import graphlib
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.errors import ConfigError, GraphError
from pipeline.stage import Parameter, Stage


class Pipeline:
    """Stages wired by artifact name.

    `goals` adds targets to a stage's name: `{"preprocess": ("standardize",)}` makes the command
    `preprocess` bring `standardize` up to date too. `defaults` replaces defaults of parameters.
    `aside` names stages that are not on the way to the result: only who names them runs them.
    """

    def __init__(
        self,
        *stages: Stage,
        goals: Mapping[str, tuple[str, ...]] | None = None,
        defaults: Mapping[str, Any] | None = None,
        aside: tuple[str, ...] = (),
    ) -> None:
        self.producers = _producers(stages)
        self.stages = _in_order(stages, self.producers)
        self.parameters = _parameters(self.stages.values(), defaults or {})
        self.goals, self.aside = dict(goals or {}), aside
        named = {f"goal {goal}": (goal, *targets) for goal, targets in self.goals.items()}
        for where, names in {**named, "aside": aside}.items():
            for name in names:
                if name not in self.stages:
                    raise GraphError(f"{where}: no stage is named {name!r}")

    def upstream(self, targets: Iterable[str] = ()) -> list[Stage]:
        """The stages that `targets` (names; none: all but those aside) need, and themselves."""
        wanted = list(targets) or [name for name in self.stages if name not in self.aside]
        needed: set[str] = set()
        while wanted:
            name = wanted.pop()
            if name not in self.stages:
                raise ConfigError(unknown("stage", name, self.stages))
            if name not in needed:
                needed.add(name)
                wanted += self.goals.get(name, ())
                wanted += (self.producers[artifact].name for artifact in self.stages[name].inputs)
        return [stage for name, stage in self.stages.items() if name in needed]

    def is_final(self, stage: Stage) -> bool:
        """Whether no stage takes what this one makes."""
        taken = {name for other in self.stages.values() for name in other.inputs}
        return not taken & set(stage.outputs)

    def parameters_of(self, stages: Iterable[Stage]) -> dict[str, Parameter]:
        """The parameters that these stages take, in the order of the flow."""
        return {name: self.parameters[name] for stage in stages for name in stage.parameters}


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """One line for a name that is not there: what it was, the nearest one, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
    return f"no {kind} is named {name!r}; {hint}"


def _producers(stages: Iterable[Stage]) -> dict[str, Stage]:
    producers: dict[str, Stage] = {}
    names: set[str] = set()
    for stage in stages:
        if stage.name in names:
            raise GraphError(f"two stages are named {stage.name!r}")
        names.add(stage.name)
        for artifact in stage.outputs:
            if artifact in producers:
                raise GraphError(
                    f"artifact {artifact!r} is made twice: "
                    f"by {producers[artifact].name} and by {stage.name}"
                )
            producers[artifact] = stage
    return producers


def _in_order(stages: Iterable[Stage], producers: Mapping[str, Stage]) -> dict[str, Stage]:
    needs: dict[str, list[str]] = {}
    for stage in stages:
        for artifact in stage.inputs:
            if artifact not in producers:
                raise GraphError(f"stage {stage.name}: " + unknown("artifact", artifact, producers))
        needs[stage.name] = [producers[artifact].name for artifact in stage.inputs]
    try:
        order = list(graphlib.TopologicalSorter(needs).static_order())
    except graphlib.CycleError as error:
        raise GraphError(f"the stages form a cycle: {' → '.join(error.args[1])}") from None
    by_name = {stage.name: stage for stage in stages}
    return {name: by_name[name] for name in order}


def _parameters(stages: Iterable[Stage], defaults: Mapping[str, Any]) -> dict[str, Parameter]:
    parameters: dict[str, Parameter] = {}
    owner: dict[str, str] = {}
    for stage in stages:
        for name, parameter in stage.parameters.items():
            if parameters.setdefault(name, parameter) != parameter:
                raise GraphError(
                    f"parameter {name!r} has two meanings: in {owner[name]} and in {stage.name}"
                )
            owner.setdefault(name, stage.name)
    for name, value in defaults.items():
        if name not in parameters:
            raise GraphError("defaults: " + unknown("parameter", name, parameters))
        parameters[name] = dataclasses.replace(parameters[name], default=value)
    return parameters
