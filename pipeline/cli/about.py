"""`help WORD`: what a command does, or what a flag means, its default and where else it is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.flags import ParameterOption
from pipeline.cli.help import HelpfulCommand
from pipeline.cli.mistakes import shown
from pipeline.cli.output import echo_page
from pipeline.literals import toml_literal
from pipeline.names import meant, unknown, variable

if TYPE_CHECKING:
    from pipeline.cli.group import CommandGroup

WORDS = "What a command does, or what a flag means. Without a word: all commands."
FEW = 6  # commands that are named of those that have a flag


def make_command(group: CommandGroup, name: str) -> click.Command:
    """The command `help` of a program of that name."""

    def callback(word: str | None) -> None:
        context = click.get_current_context().find_root()
        if word is None:
            echo_page(group.get_help(context))
            return
        commands = group.list_commands(context)
        found = meant(word, commands, group.synonyms) if not word.startswith("-") else None
        if found is not None:
            with click.Context(group.made(found), context, found) as inner:
                echo_page(inner.get_help())
            return
        echo_page(_flag(group, commands, word))

    return HelpfulCommand(
        "help",
        callback=callback,
        params=[click.Argument(["word"], required=False, metavar="[COMMAND|FLAG]")],
        help=WORDS,
        example=f"{name} help seed",
        context_settings={"ignore_unknown_options": True},  # help --seed
    )


def _flag(group: CommandGroup, commands: list[str], word: str) -> str:
    """The help of a flag, and which commands have it."""
    having: dict[str, list[tuple[str, click.Option]]] = {}
    for command in commands:
        for option in shown(group.made(command)):
            having.setdefault(option.opts[0], []).append((command, option))
    flag = meant(word, having, group.synonyms)
    if flag is None:
        known = [*commands, *(name.lstrip("-") for name in having)]
        words = unknown("command or flag", word, known, group.synonyms)
        raise click.UsageError(words.partition("; known:")[0])
    pages: dict[str, list[str]] = {}
    for command, option in having[flag]:
        pages.setdefault(_page(option), []).append(command)
    return "\n\n".join(f"{page}\n{_of(names)}" for page, names in pages.items())


def _page(option: click.Option) -> str:
    """A flag, its meaning and its other spellings."""
    record = option.get_help_record(click.Context(click.Command("")))
    assert record is not None  # hidden flags are not shown
    lines = [record[0], f"  {' '.join(record[1].split())}"]
    if isinstance(option, ParameterOption):
        parameter = option.parameter
        key = f"{parameter.name} = {toml_literal(parameter.default)}"
        lines.append(f"  in a file for --config: {key}; variable: {variable(parameter.name)}")
    return "\n".join(lines)


def _of(commands: list[str]) -> str:
    more = f" and {len(commands) - FEW} more" if len(commands) > FEW else ""
    return f"  a flag of {', '.join(commands[:FEW])}{more}"
