"""Help: what a command does and takes, on one screen; everything it takes, where that is asked for.

A command of a long flow has some sixty flags. `--help` (`-h`) explains those that are the command's
own and names the others by group; `--help-all` explains them all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

from pipeline.events.console import Console
from pipeline.names import NONE, unknown

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
        """Read the arguments; a flag that is not there is reported with the one that is meant."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.MissingParameter as error:
            missing = error.param
            assert missing is not None  # click itself has raised this
            name = missing.opts[0] if isinstance(missing, click.Option) else missing.metavar
            name = name or missing.human_readable_name
            if isinstance(missing.type, click.Choice):
                name = f"{name}, one of {', '.join(map(str, missing.type.choices))}"
            raise click.UsageError(f"expected {name}, found nothing", error.ctx) from None
        except click.NoSuchOption as error:
            root = parent.find_root().command if parent else None
            synonyms = getattr(root, "synonyms", NONE)
            shown = (one for one in self.params if isinstance(one, click.Option) and not one.hidden)
            known = [spelled for one in shown for spelled in (*one.opts, *one.secondary_opts)]
            words = unknown("flag", error.option_name, known, synonyms)
            raise click.UsageError(words.partition("; known:")[0], error.ctx) from None

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; the first word that belongs to nothing is reported."""
        allowed, context.allow_extra_args = context.allow_extra_args, True
        rest = super().parse_args(context, args)
        context.allow_extra_args = allowed
        if rest and not allowed and not context.resilient_parsing:
            raise click.UsageError(f"expected no further word, found {rest[0]!r}", context)
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
    for option in options:
        if isinstance(option, click.Option) and not option.hidden:
            sections.setdefault(getattr(option, "section", ""), []).append(option)
    return dict(sorted(sections.items(), key=lambda item: item[0] == COMMON))


def _records(options: Iterable[click.Option], context: click.Context) -> list[tuple[str, str]]:
    return [record for option in options if (record := option.get_help_record(context))]


def _show_all(context: click.Context, option: click.Parameter, given: bool) -> None:
    if given and not context.resilient_parsing:
        context.meta[__name__] = True
        click.echo(context.get_help(), color=context.color)
        context.exit()
