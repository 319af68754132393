"""Pipeline: stages wired by artifact name, checked when it is built, in topological order.

A stage that takes `images` follows the stage that makes `images`: the wiring is in the names, so
there is nothing else to keep in step with them. What cannot work is refused here, with the names:
an artifact made twice or by nobody, a cycle, one parameter with two meanings, a name that a command
line or a store needs for itself.
"""

from __future__ import annotations

import dataclasses
import graphlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipeline.errors import ConfigError, GraphError
from pipeline.names import NONE, unknown
from pipeline.parameters import Parameter
from pipeline.stage import Stage

# Commands and flags that every program has, and arguments of `run`.
COMMANDS = {
    *("run", "plan", "explain", "graph", "config", "verify", "gc"),
    *("doctor", "completion", "push", "pull"),
}
FLAGS = {
    *(
        "artifacts_dir",
        "tls",
        "config",
        "recipe",
        "json",
        "quiet",
        "verbose",
        "dry_run",
        "progress",
    ),
    *("profile", "executor", "jobs", "keep_going", "help", "help_all", "version"),
    *("cluster", "cluster_tls", "remote", "store", "targets", "on_event", "parameters"),
}
FILES = {"manifest"}  # names of files that a store writes beside outputs
_STAGE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")

Check = Callable[[Mapping[str, Any]], None]


class Pipeline:
    """Stages wired by artifact name.

    `aliases` adds targets to a stage's name: `{"preprocess": ("standardize",)}` makes the command
    `preprocess` bring `standardize` up to date too. `defaults` replaces defaults of parameters.
    `optional` names stages that are not on the way to the result: only who names them runs them.
    `checks` maps a stage to a function that is called with the values of all parameters, before
    anything runs, where that stage is needed; it raises `ConfigError` where they do not fit.
    `synonyms` maps what others call a parameter or a stage to its name here, for hints.
    """

    def __init__(
        self,
        *stages: Stage,
        aliases: Mapping[str, tuple[str, ...]] | None = None,
        defaults: Mapping[str, Any] | None = None,
        optional: tuple[str, ...] = (),
        checks: Mapping[str, Check] | None = None,
        synonyms: Mapping[str, str] = NONE,
    ) -> None:
        self.producers = _producers(stages)
        self.stages = _in_order(stages, self.producers)
        self.parameters = _parameters(self.stages.values(), defaults or {})
        self.aliases, self.optional, self.checks = dict(aliases or {}), optional, dict(checks or {})
        self.synonyms = dict(synonyms)
        named = {f"alias {alias}": (alias, *targets) for alias, targets in self.aliases.items()}
        for where, names in {**named, "optional": optional, "checks": tuple(self.checks)}.items():
            for name in names:
                if name not in self.stages:
                    raise GraphError(f"{where}: no stage is named {name!r}")

    def upstream(self, targets: Iterable[str] = ()) -> list[Stage]:
        """The stages that `targets` (names; none: all but the optional) need, and themselves."""
        wanted = list(targets) or [name for name in self.stages if name not in self.optional]
        needed: set[str] = set()
        while wanted:
            name = wanted.pop()
            if name not in self.stages:
                raise ConfigError(unknown("stage", name, self.stages, self.synonyms))
            if name not in needed:
                needed.add(name)
                wanted += self.aliases.get(name, ())
                wanted += (self.producers[artifact].name for artifact in self.stages[name].inputs)
        return [stage for name, stage in self.stages.items() if name in needed]

    def final(self) -> list[Stage]:
        """The stages whose outputs no stage takes."""
        taken = {name for stage in self.stages.values() for name in stage.inputs}
        return [stage for stage in self.stages.values() if taken.isdisjoint(stage.outputs)]

    def parameters_of(self, stages: Iterable[Stage]) -> dict[str, Parameter]:
        """The parameters that these stages take, in the order of the flow."""
        return {name: self.parameters[name] for stage in stages for name in stage.parameters}

    def check(self, values: Mapping[str, Any], targets: Iterable[str] = ()) -> None:
        """Raise `ConfigError` where values (of all parameters) do not go together for `targets`."""
        for stage in self.upstream(targets):
            if stage.groups:
                stage.arguments(values)
            if stage.name in self.checks:
                self.checks[stage.name](values)


def _producers(stages: Iterable[Stage]) -> dict[str, Stage]:
    producers: dict[str, Stage] = {}
    names: set[str] = set()
    for stage in stages:
        if not isinstance(stage, Stage):
            raise GraphError(
                f"expected stages, as @stage makes them, Pipeline(one, another), found "
                f"{type(stage).__name__} {stage!r:.60}"
            )
        if not _STAGE_NAME.fullmatch(stage.name) or stage.name in COMMANDS:
            raise GraphError(
                f"expected the name of a stage to be letters, digits, - and _, and none of "
                f"{', '.join(sorted(COMMANDS))}, found {stage.name!r}"
            )
        if stage.name in names:
            raise GraphError(f"two stages are named {stage.name!r}")
        names.add(stage.name)
        for artifact in stage.outputs:
            if not artifact.isidentifier() or artifact in FILES:
                raise GraphError(
                    f"stage {stage.name}: expected an output to be named as a variable is, and not "
                    f"{' or '.join(FILES)}, found {artifact!r}"
                )
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
            if name in FLAGS:
                raise GraphError(
                    f"stage {stage.name}: parameter {name!r} has a name that the framework needs "
                    "for itself; choose another"
                )
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
