"""What the commands of every pipeline do: each prints one result, a page or a JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import completion, display, exchange, maintenance
from pipeline.cli.help import HelpfulCommand
from pipeline.cli.output import echo, echo_page, terminal_width
from pipeline.cli.picture import FORMATS
from pipeline.cli.session import Session
from pipeline.cli.speaker import Speaker
from pipeline.cli.types import Choice
from pipeline.events.console import Console
from pipeline.outcome import Outcome

if TYPE_CHECKING:
    from pipeline.cli.definition import Program


def bring(program: Program, session: Session) -> tuple[Outcome, dict[str, Any]]:
    """Bring the session's targets up to date: the outcome and its JSON document.

    With --keep-going, what was done is printed where a stage failed, and the error is raised then.
    """
    try:
        outcome = session.run()
    except Exception as error:
        found = getattr(error, "outcome", None)
        if session.placement.keep_going and found is not None:
            say(
                session,
                {"stages": display.stages(found), "error": str(error)},
                display.failed(found),
            )
        raise
    document = {"stages": display.stages(outcome), "artifacts": display.artifacts(outcome)}
    return outcome, {**program.summarize(session, outcome), **document}


def say(session: Speaker, document: Any, text: str) -> None:
    """Print the one result of a command: the document with --json, else the text."""
    if not session.as_json:
        echo_page(text)
        return
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    if Console(sys.stdout).fitting(text) != text:  # JSON has escapes of its own
        text = json.dumps(document, indent=2, allow_nan=False)
    echo(text)


def bring_up(program: Program, session: Session) -> None:
    """A stage's command, and `run`."""
    _, document = bring(program, session)
    say(session, document, program.render(document))


def show_plan(program: Program, session: Session) -> None:
    """`plan`, and every command with --dry-run."""
    decisions = session.plan()
    document = {"stages": [display.decision(decision) for decision in decisions]}
    say(session, document, display.plan(decisions))


def explain(program: Program, session: Session, stage: str, whole: bool) -> None:
    """`explain STAGE`."""
    from pipeline.cli import why

    session.targets = (stage,)
    decision = next(d for d in session.plan() if d.stage.name == stage)
    changes = why.changed_code(session.planner, decision)
    say(session, why.as_document(decision, changes), why.as_page(session, decision, changes, whole))


def show_config(program: Program, session: Session, init: str | None) -> None:
    """`config`, and `config --init`, the whole as a file to edit."""
    from pipeline.cli import config

    page = config.to_toml(
        session.settings, terminal_width(), Console(sys.stdout).fitting("…")
    ).rstrip()
    if init is not None:
        from pipeline.cli.template import commented

        page = commented(program, session.settings, terminal_width()).rstrip()
    if session.as_json:
        say(session, config.document(session.settings), page)
    else:
        echo(page)


def verify_store(program: Program, session: Session) -> None:
    """`verify`: exit status 1 where something is damaged."""
    document, text = maintenance.verify_all(session)
    say(session, document, text)
    if document["damaged"]:
        raise SystemExit(1)


def collect_garbage(
    program: Program,
    session: Session,
    unused_days: float | None,
    max_size: str | None,
    searches: bool,
) -> None:
    """`gc`."""
    protected = program.protected(session.store.root)
    found = maintenance.collect(
        session, unused_days, max_size, searches, session.dry_run, protected
    )
    say(session, *found)


def push_results(program: Program, session: Session, everything: bool) -> None:
    """`push`."""
    say(session, *exchange.push(session, everything))


def pull_results(program: Program, session: Session) -> None:
    """`pull`."""
    say(session, *exchange.pull(session))


LOOKS = (show_plan, explain, show_config, verify_store)  # they make nothing, not even the store
EXCLUSIVE = (collect_garbage,)  # they take the store's lock themselves, and alone
STAGE = click.Argument(["stage"], shell_complete=completion.stages)
EVERYTHING = click.Option(
    ["--all", "whole"], is_flag=True, help="all that identifies it, and all that has changed"
)
TEMPLATE = click.Option(
    ["--init"],
    is_flag=False,
    flag_value="",
    metavar="",
    help="every parameter with its meaning, default and choices, as a file to edit",
)
RUNNING, UPKEEP = "A run", "Upkeep"
FOLDED = (
    show_config,
    verify_store,
    collect_garbage,
    push_results,
    pull_results,
)  # their help does not list a network's flags
COMMANDS: dict[str, tuple[str, Callable[..., None], str, Iterable[click.Parameter]]] = {
    "run": (RUNNING, bring_up, "Everything, from source to result.", ()),
    "plan": (RUNNING, show_plan, "What would run, and why.", ()),
    "explain": (
        RUNNING,
        explain,
        "What identifies a result, and why it is stale.",
        [STAGE, EVERYTHING],
    ),
    "config": (RUNNING, show_config, "The resolved configuration, as TOML.", [TEMPLATE]),
    "verify": (UPKEEP, verify_store, "Read every stored byte again and compare.", ()),
    "gc": (
        UPKEEP,
        collect_garbage,
        "Delete stored results that nothing needs. What runs were for stays, unless --unused-days "
        "or --max-size lets it go.",
        maintenance.GC_FLAGS,
    ),
    "push": (UPKEEP, push_results, "Send stored results to the remote.", [exchange.ALL]),
    "pull": (UPKEEP, pull_results, "Fetch results from the remote.", ()),
}


def graph_maker(program: Program) -> Callable[[], click.Command]:
    """What makes `graph`: the picture of the flow."""
    return lambda: _graph_command(program)


def _graph_command(program: Program) -> click.Command:
    choice = click.Option(
        ["--format", "style"],
        type=Choice(list(FORMATS)),
        default="text",
        show_default=True,
        help="how to draw it",
    )

    def callback(style: str) -> None:
        echo(FORMATS[style](program.pipeline))

    return HelpfulCommand(
        "graph",
        callback=callback,
        params=[choice],
        help="The picture of the flow.",
        example=f"{program.name} graph --format mermaid",
    )
