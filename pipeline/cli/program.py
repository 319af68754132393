"""The command line of any pipeline: a command for each stage, and those that look at the whole.

    cli = make_cli(Program(PIPELINE, name="program", help="…", version="1.0"))

A stage's command brings the stage and everything it needs up to date. What a program of its own
adds is made with `pipeline_command`, so that it has the same flags and behaves alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import click

from pipeline.cli import about, actions, completion, doctor
from pipeline.cli.common_flags import common_options
from pipeline.cli.definition import Alternative, Program
from pipeline.cli.flags import StageCommand, parameter_options
from pipeline.cli.group import CommandGroup
from pipeline.cli.profile import profiled
from pipeline.cli.session import Session, load_recipe, recipe_names, resolve_settings
from pipeline.code.caches import note_first

STAGES = "Stages, in the order of the flow"
RUNNING = actions.RUNNING

__all__ = ["Alternative", "CommandGroup", "Program", "make_cli", "pipeline_command"]


def make_cli(program: Program) -> CommandGroup:
    """A click group: a command for each stage, and those that concern the whole pipeline."""
    note_first()  # now: what a command does with them has no part in the fingerprints
    group = CommandGroup(program.name, help=program.help)
    click.version_option(program.version, prog_name=program.name)(group)
    group.sections = {RUNNING: [], STAGES: []}
    for stage in program.pipeline.stages.values():
        name, words = stage.name, stage.help
        make = partial(pipeline_command, program, name, (name,), actions.bring_up, help=words)
        group.place(STAGES, name, summary(words), make)
    for name, (section, action, words, extra) in actions.COMMANDS.items():
        words = f"{words} {program.protected_words}".rstrip() if name == "gc" else words
        make = partial(pipeline_command, program, name, (), action, help=words, extra=extra)
        group.place(section, name, summary(words), make)
    group.synonyms, group.notes, group.tries = program.synonyms, program.notes, program.tries
    group.stages = list(program.pipeline.stages)
    group.later["help"] = partial(about.make_command, group, program.name)  # that help names itself
    others: tuple[tuple[str, str, str, Callable[[], click.Command]], ...] = (
        (RUNNING, "graph", "The picture of the flow.", actions.graph_maker(program)),
        (actions.UPKEEP, "doctor", doctor.WORDS, partial(doctor.make_command, program)),
        (actions.UPKEEP, "completion", completion.WORDS, partial(completion.make_command, program)),
    )
    for section, name, words, maker in others:
        group.place(section, name, summary(words), maker)
    return group


def summary(words: str) -> str:
    """The first clause of a help text, as a line of a list."""
    first = re.split(r"[.:;] |\.?\n| \(", words)[0].rstrip(".")
    name = first[:2].isalpha() and first[:2].isupper()  # a word such as JSON stays as it is
    return first if name else first[0].lower() + first[1:]


def pipeline_command(
    program: Program,
    name: str,
    targets: tuple[str, ...],
    action: Callable[..., None],
    *,
    help: str,
    extra: Iterable[click.Parameter] = (),
    own_dry_run: bool = False,
    completes: bool = False,
    folded: str = "",
    explained: Sequence[str] = (),
) -> click.Command:
    """A command with the flags of all that `targets` need; `action(program, session, **extra)`.

    With --dry-run the plan for `targets` is shown; with `own_dry_run` the action sees to it. One
    that `completes` the parameters checks whether they go together.
    `folded` names a command with the same flags, so that the help need not list them; `explained`,
    the sections that the help explains in place of those of the stage itself.
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
    # A flag of the command's own that a parameter has, too, hands on what it is given.
    shared = [one.name for one in extra if one.name in options]
    for one in shared:
        del options[one]
    common = common_options(tuple(recipe_names(program.recipes)))

    def callback(**given: Any) -> None:
        own = {parameter.name: given.pop(parameter.name) for parameter in extra}
        flags = {name: value for name in options if (value := given.pop(name)) is not None}
        flags |= {one: own[one] for one in shared if own[one]}
        if given["profile"]:  # a profile sees the work of its own thread
            given["executor"] = given["executor"] or "serial"
            if "workers" in options:
                flags.setdefault("workers", "1")
        session = open_session(program, targets, given, flags, options, not completes)
        with profiled(given["profile"]):
            if action in actions.EXCLUSIVE:
                action(program, session, **own)
            else:
                planned = session.dry_run and not own_dry_run
                with session.sharing(create=not session.dry_run and action not in actions.LOOKS):
                    run = actions.show_plan if planned else action
                    run(program, session, **({} if planned else own))

    params = [*extra, *options.values(), *common]
    stage = program.pipeline.stages.get(name)
    own_flags = parameter_options([stage] if stage else [], program.pipeline.parameters)
    return StageCommand(
        name,
        callback=callback,
        params=params,
        help=help,
        example=program.examples.get(name, f"{program.name} {name}"),
        explained=explained or [option.section for option in own_flags],
        folded=folded or ("run" if action in actions.FOLDED else ""),
    )


def open_session(
    program: Program,
    targets: Iterable[str],
    common: dict[str, Any],
    flags: dict[str, Any],
    offered: Iterable[str],
    complete: bool = True,
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
        return resolve_settings(program, known, common, flags, chosen, warnings.append)

    settings, pipeline = resolved(recipe), program.pipeline
    for name, other in program.alternatives.items():
        if name in offered and settings[name].origin != "default":
            given = settings[name]
            if given.value or given.origin.startswith("flag"):
                pipeline = other.pipeline
                settings = resolved(other.settings_of(given.value))
    there = [target for target in targets if target in pipeline.stages]
    return Session(pipeline, there, common, settings, warnings, complete)
