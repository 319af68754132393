"""The command line of any pipeline: a command for each stage, and those that look at the whole.

    cli = make_cli(Pipeline(...), name="program", recipes=folder, summarize=..., render=...)

A stage's command brings the stage and everything it needs up to date. What a program of its own
adds is made with `pipeline_command`, so that it has the same flags and behaves alike. `summarize`
turns the outcome of a run into JSON fields of the program's own; `render` turns the whole JSON
document into what a person reads.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from pipeline.cli import display
from pipeline.cli import maintenance as upkeep
from pipeline.cli.flags import StageCommand, common_options, parameter_options
from pipeline.cli.picture import FORMATS
from pipeline.cli.profile import profiled
from pipeline.cli.session import Session, load_recipe, recipe_names, resolve_settings
from pipeline.events.console import Console
from pipeline.graph import Pipeline
from pipeline.runner import Outcome

STAGE = click.Argument(["stage"])


@dataclass(frozen=True)
class Instead:
    """The pipeline that takes over where the caller gives a certain flag.

    `settings_of` turns the flag's value into (name, parameters) that rank like a recipe.
    """

    pipeline: Pipeline
    settings_of: Callable[[str], tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Program:
    """A pipeline and what its command line says and shows.

    `instead` maps a parameter to what is used where the caller gives it. `variables` are those of
    the environment that belong to flags of the program's own.
    """

    pipeline: Pipeline
    name: str
    help: str
    version: str
    recipes: Path | None = None
    instead: Mapping[str, Instead] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    summarize: Callable[[Session, Outcome], dict[str, Any]] = lambda session, outcome: {}
    render: Callable[[dict[str, Any]], str] = display.outcome


def make_cli(program: Program) -> click.Group:
    """A click group: a command for each stage, and those that concern the whole pipeline."""
    group = click.Group(program.name, help=program.help)
    group = click.version_option(program.version, prog_name=program.name)(group)
    for stage in program.pipeline.stages.values():
        group.add_command(
            pipeline_command(program, stage.name, (stage.name,), _bring, help=stage.help)
        )
    commands = {
        "run": (_bring, "Everything, from source to result.", ()),
        "plan": (_plan, "What would run, and why.", ()),
        "explain": (_explain, "What identifies a result, and why it is stale.", [STAGE]),
        "config": (_config, "The resolved configuration, as TOML.", ()),
        "verify": (_verify, "Read every stored byte again and compare.", ()),
        "gc": (_collect, "Delete stored results that nothing needs.", upkeep.GC_FLAGS),
    }
    for name, (action, words, extra) in commands.items():
        group.add_command(pipeline_command(program, name, (), action, help=words, extra=extra))
    group.add_command(_graph_command(program))
    return group


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
    pipelines = [program.pipeline, *(other.pipeline for other in program.instead.values())]
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
        if given["profile"] and "executor" in options:  # a profile sees the work of its own thread
            flags.setdefault("executor", "serial")
        session = _session(program, targets, given, flags, options)
        with profiled(given["profile"]):
            if action is _collect:
                _collect(program, session, **own)
            else:
                with session.sharing():
                    planned = session.dry_run and not own_dry_run
                    _plan(program, session) if planned else action(program, session, **own)

    params = [*extra, *options.values(), *common]
    return StageCommand(name, callback=callback, params=params, help=help)


def _session(
    program: Program,
    targets: Iterable[str],
    common: dict[str, Any],
    flags: dict[str, Any],
    offered: Iterable[str],
) -> Session:
    """Make sense of the flags, then choose the pipeline by what was given: flag, file or variable.

    `offered` are the parameters that the command has flags for.
    """
    pipelines = [*(other.pipeline for other in program.instead.values()), program.pipeline]
    known = {name: p for pipeline in pipelines for name, p in pipeline.parameters.items()}
    recipe = load_recipe(program.recipes, common.get("recipe"))
    settings = resolve_settings(known, common, flags, recipe, program.variables)
    pipeline = program.pipeline
    for name, other in program.instead.items():
        if name in offered and settings[name].origin != "default":
            pipeline, recipe = other.pipeline, other.settings_of(settings[name].value)
            settings = resolve_settings(known, common, flags, recipe, program.variables)
    there = [target for target in targets if target in pipeline.stages]
    return Session(pipeline, there, common, settings)


def bring(program: Program, session: Session) -> tuple[Outcome, dict[str, Any]]:
    """Bring the session's targets up to date: the outcome and its JSON document."""
    outcome = session.run()
    document = {"stages": display.stages(outcome), "artifacts": display.artifacts(outcome)}
    return outcome, {**program.summarize(session, outcome), **document}


def say(session: Session, document: Any, text: str) -> None:
    """Print the one result of a command: the document with --json, else the text."""
    console = Console(sys.stdout)
    if session.as_json:
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
        if console.fitting(text) != text:  # JSON has escapes of its own
            text = json.dumps(document, indent=2, allow_nan=False)
    click.echo(console.fitting(text))


def _bring(program: Program, session: Session) -> None:
    _, document = bring(program, session)
    say(session, document, program.render(document))


def _plan(program: Program, session: Session) -> None:
    decisions = session.plan()
    document = {"stages": [display.decision(decision) for decision in decisions]}
    say(session, document, display.plan(decisions))


def _explain(program: Program, session: Session, stage: str) -> None:
    session.targets = (stage,)
    decisions = session.plan()
    decision = next(d for d in decisions if d.stage.name == stage)
    say(session, display.explanation(decision), display.explain(decision, session.store))


def _config(program: Program, session: Session) -> None:
    from pipeline.cli import config

    say(session, config.document(session.settings), config.to_toml(session.settings).rstrip())


def _verify(program: Program, session: Session) -> None:
    document, text = upkeep.verify(session)
    say(session, document, text)
    if document["damaged"]:
        raise SystemExit(1)


def _collect(
    program: Program, session: Session, unused_days: float | None, max_size: str | None
) -> None:
    say(session, *upkeep.collect(session, unused_days, max_size, session.dry_run))


def _graph_command(program: Program) -> click.Command:
    choice = click.Option(
        ["--format", "style"],
        type=click.Choice(list(FORMATS)),
        default="text",
        show_default=True,
        help="how to draw it",
    )

    def callback(style: str) -> None:
        click.echo(FORMATS[style](program.pipeline))

    return click.Command(
        "graph", callback=callback, params=[choice], help="The picture of the flow."
    )
