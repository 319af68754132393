"""Help: what a command does and takes, on one screen; everything it takes, where that is asked for.

A command of a long flow has some sixty flags. `--help` (`-h`) explains those that are the command's
own and names the others by group; `--help-all` explains them all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

from pipeline.cli.mistakes import in_our_words
from pipeline.cli.output import echo
from pipeline.events.console import Console

COMMON = "Common flags"
MOST = 9  # flags that a screen can explain beside everything else
NAMES = {"help_option_names": ["-h", "--help"]}


class HelpfulCommand(click.Command):
    """A command whose help fits a screen.

    `example` is a command line that works. Options have a `section`, the title of their group;
    `explained` names the sections that `--help` explains, if they are short enough: of all others
    it lists the flags, or, where `folded` names a command that has the same ones, that name.
    """

    def __init__(
        self,
        *args: Any,
        example: str = "",
        explained: Sequence[str] = (),
        folded: str = "",
        **given: Any,
    ) -> None:
        super().__init__(*args, **given)
        self.example, self.explained, self.folded = example, explained, folded
        self.context_settings = {**NAMES, **self.context_settings}
        self.params = [one for one in self.params if one.name != "help_all"]
        self.params.append(
            click.Option(
                ["--help-all"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show_all,
                help="explain every flag",
            )
        )

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the arguments; a mistake is reported with what is meant, help with or without it."""
        typed = list(args)
        try:
            with in_our_words(self, parent, typed):
                return super().make_context(info_name, args, parent, **extra)
        except click.UsageError:
            if not {"-h", "--help"}.isdisjoint(typed):  # behind what cannot be read
                with click.Context(self, parent, info_name) as context:
                    echo(self.get_help(context))
            raise

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; the first word that belongs to nothing is reported."""
        allowed, context.allow_extra_args = context.allow_extra_args, True
        typed = list(args)
        rest = super().parse_args(context, args)
        context.allow_extra_args = allowed
        if rest and not allowed and not context.resilient_parsing:
            from pipeline.cli.stray import stray_word  # here and not above: a mistake is rare

            raise click.UsageError(stray_word(self, context, rest[0], typed), context)
        return rest

    def get_help(self, context: click.Context) -> str:
        """The help, in characters that stdout can carry."""
        return Console(sys.stdout).fitting(super().get_help(context))

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the flags by group: explained, or only named."""
        whole = bool(context.meta.get(__name__))
        sections = _sections(self.get_params(context))
        if self.example:
            with formatter.section("Example"):
                formatter.write_text(self.example)
        own = sections.pop("", [])
        if own:
            with formatter.section("Flags"):
                formatter.write_dl(_records(own, context))
        wanted = [option for title in self.explained for option in sections.get(title, ())]
        explained = self.explained if len(wanted) <= MOST else ()
        brief = []
        for title, options in sections.items():
            if whole or title in explained:
                with formatter.section(title):
                    formatter.write_dl(_records(options, context))
            elif title == COMMON or not self.folded:
                brief.append((title, " ".join(option.opts[0] for option in options)))
        if self.folded and not whole:
            brief.append(("All others", f"as `{self.folded} -h` names them"))
        if brief:
            with formatter.section("Explained by --help-all"):
                formatter.write_dl(brief)


def _sections(options: Iterable[click.Parameter]) -> dict[str, list[click.Option]]:
    """The options that are shown, by section; those without one are the command's own, under ""."""
    sections: dict[str, list[click.Option]] = {}
    for option in sorted(options, key=_is_added):
        if isinstance(option, click.Option) and not option.hidden:
            sections.setdefault(getattr(option, "section", ""), []).append(option)
    return dict(sorted(sections.items(), key=lambda item: item[0] == COMMON))


def _is_added(option: click.Parameter) -> bool:
    """Whether an option joins a section that others make, after them."""
    parameter = getattr(option, "parameter", None)
    return parameter is not None and not parameter.group and bool(parameter.option.section)


def _records(options: Iterable[click.Option], context: click.Context) -> list[tuple[str, str]]:
    return [record for option in options if (record := option.get_help_record(context))]


def _show_all(context: click.Context, option: click.Parameter, given: bool) -> None:
    if given and not context.resilient_parsing:
        context.meta[__name__] = True
        click.echo(context.get_help(), color=context.color)
        context.exit()
