"""Completion: what a shell offers for commands, flags, values, recipes and stages.

    eval "$(program completion bash)"         in ~/.bashrc
    eval "$(program completion zsh)"          in ~/.zshrc
    program completion fish | source          in ~/.config/fish/config.fish

The shell calls the program for what it offers, so that is always of the version that is installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.help import HelpfulCommand
from pipeline.cli.output import echo
from pipeline.cli.types import Choice

if TYPE_CHECKING:
    from pipeline.cli.definition import Program

SHELLS = ("bash", "zsh", "fish")
WORDS = "What a shell needs to complete commands, values and runs."


def items(names: Iterable[str], incomplete: str, files: bool = False) -> list[Any]:
    """What is offered: the names that go on from what is typed; with `files`, files beside them."""
    from click.shell_completion import CompletionItem  # here: a shell alone asks

    found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return found if found or not files else [CompletionItem(incomplete, type="file")]


def stages(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    """The stages of the program."""
    return items(getattr(context.find_root().command, "stages", ()), incomplete)


def make_command(program: Program) -> click.Command:
    """The command `completion`."""
    name = program.name
    words = (
        f'{WORDS}\n\nA line for ~/.bashrc or ~/.zshrc: eval "$({name} completion bash)", or zsh; '
        f"for ~/.config/fish/config.fish: {name} completion fish | source"
    )

    def callback(shell: str) -> None:
        from click.shell_completion import get_completion_class

        made = get_completion_class(shell)
        assert made is not None, shell  # click has all of SHELLS
        variable = f"_{name}_COMPLETE".replace("-", "_").upper()
        script = made(click.Group(), {}, name, variable)
        echo(script.source_template % script.source_vars())

    return HelpfulCommand(
        "completion",
        callback=callback,
        params=[click.Argument(["shell"], type=Choice(SHELLS))],
        help=words,
        example=f'eval "$({name} completion bash)"',
    )
