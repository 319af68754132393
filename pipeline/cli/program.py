"""The command line of any pipeline: a command for each stage, and those that look at the whole.

    cli = make_cli(Program(PIPELINE, name="program", help="…", version="1.0"))

A stage's command brings the stage and everything it needs up to date. What a program of its own
adds is made with `pipeline_command`, so that it has the same flags and behaves alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import click

from pipeline.cli import actions
from pipeline.cli.definition import Alternative, Program
from pipeline.cli.flags import StageCommand, common_options, parameter_options
from pipeline.cli.profile import profiled
from pipeline.cli.session import Session, load_recipe, recipe_names, resolve_settings

__all__ = ["Alternative", "CommandGroup", "Program", "make_cli", "pipeline_command"]


def make_cli(program: Program) -> click.Group:
    """A click group: a command for each stage, and those that concern the whole pipeline."""
    group = CommandGroup(program.name, help=program.help)
    group = click.version_option(program.version, prog_name=program.name)(group)
    for stage in program.pipeline.stages.values():
        group.later[stage.name] = partial(
            pipeline_command, program, stage.name, (stage.name,), actions.bring_up, help=stage.help
        )
    for name, (action, words, extra) in actions.COMMANDS.items():
        group.later[name] = partial(
            pipeline_command, program, name, (), action, help=words, extra=extra
        )
    group.later["graph"] = partial(actions.graph_command, program)
    return group


class CommandGroup(click.Group):
    """A group whose commands are made when they are asked for: most calls ask for one of many."""

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.later: dict[str, Callable[[], click.Command]] = {}

    def list_commands(self, context: click.Context) -> list[str]:
        """The names of all commands, sorted."""
        return sorted({*self.later, *self.commands})

    def get_command(self, context: click.Context | None, name: str) -> click.Command | None:
        """The command of that name, made now if it has not been before."""
        if name not in self.commands and name in self.later:
            self.add_command(self.later[name](), name)
        return self.commands.get(name)

    def made(self, name: str) -> click.Command:
        """The command of that name, which is there."""
        found = self.get_command(None, name)
        assert found is not None, name
        return found


def pipeline_command(
    program: Program,
    name: str,
    targets: tuple[str, ...],
    action: Callable[..., None],
    *,
    help: str,
    extra: Iterable[click.Parameter] = (),
    own_dry_run: bool = False,
) -> click.Command:
    """A command with the flags of all that `targets` need; `action(program, session, **extra)`.

    With --dry-run the plan for `targets` is shown; with `own_dry_run` the action sees to it.
    """
    extra = list(extra)
    pipelines = [program.pipeline, *(other.pipeline for other in program.alternatives.values())]
    options: dict[str, click.Option] = {}
    for pipeline in pipelines:
        there = [target for target in targets if target in pipeline.stages]
        if there or not targets:
            stages = pipeline.upstream(there)
            for option in parameter_options(stages, pipeline.parameters):
                options.setdefault(option.name, option)
    common = common_options(tuple(recipe_names(program.recipes)))

    def callback(**given: Any) -> None:
        own = {parameter.name: given.pop(parameter.name) for parameter in extra}
        flags = {name: value for name in options if (value := given.pop(name)) is not None}
        if given["profile"]:  # a profile sees the work of its own thread
            given["executor"] = given["executor"] or "serial"
            if "workers" in options:
                flags.setdefault("workers", "1")
        session = open_session(program, targets, given, flags, options)
        with profiled(given["profile"]):
            if action in actions.EXCLUSIVE:
                action(program, session, **own)
            else:
                planned = session.dry_run and not own_dry_run
                with session.sharing(create=not session.dry_run and action not in actions.LOOKS):
                    run = actions.show_plan if planned else action
                    run(program, session, **({} if planned else own))

    params = [*extra, *options.values(), *common]
    return StageCommand(name, callback=callback, params=params, help=help)


def open_session(
    program: Program,
    targets: Iterable[str],
    common: dict[str, Any],
    flags: dict[str, Any],
    offered: Iterable[str],
) -> Session:
    """Make sense of the flags, then choose the pipeline by what was given: flag, file or variable.

    `offered` are the parameters that the command has flags for.
    """
    pipelines = [*(other.pipeline for other in program.alternatives.values()), program.pipeline]
    known = {name: p for pipeline in pipelines for name, p in pipeline.parameters.items()}
    recipe = load_recipe(program.recipes, common.get("recipe"))
    warnings: list[str] = []

    def resolved(chosen: tuple[str, dict[str, Any]] | None) -> Mapping[str, Any]:
        warnings.clear()
        return resolve_settings(known, common, flags, chosen, program.variables, warnings.append)

    settings, pipeline = resolved(recipe), program.pipeline
    for name, other in program.alternatives.items():
        if name in offered and settings[name].origin != "default":
            given = settings[name]
            if given.value or given.origin.startswith("flag"):
                pipeline = other.pipeline
                settings = resolved(other.settings_of(given.value))
    there = [target for target in targets if target in pipeline.stages]
    return Session(pipeline, there, common, settings, warnings)
