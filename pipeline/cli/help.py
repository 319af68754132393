"""Help: what a command does and takes, on one screen; everything it takes, where that is asked for.

A command of a long flow has some sixty flags. `--help` (`-h`) explains those that are the command's
own and names the others by group; `--help-all` explains them all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
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
        """Read the arguments; a flag that is not there is told with the one that is meant."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.NoSuchOption as error:
            root = parent.find_root().command if parent else None
            synonyms = getattr(root, "synonyms", NONE)
            shown = (one for one in self.params if isinstance(one, click.Option) and not one.hidden)
            known = [spelled for one in shown for spelled in (*one.opts, *one.secondary_opts)]
            words = unknown("flag", error.option_name, known, synonyms)
            raise click.UsageError(words.partition("; known:")[0], error.ctx) from None

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


class CommandGroup(click.Group):
    """A group whose commands are made when they are asked for: most calls ask for one of many.

    `place(section, name, words, make)` adds a command to a section of the help, in order.
    """

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.context_settings = {**NAMES, **self.context_settings}
        self.synonyms: Mapping[str, str] = NONE  # names that other programs use → ours
        self.later, self.words = dict[str, Any](), dict[str, str]()
        self.sections: dict[str, list[str]] = {}
        self.stages: list[str] = []  # their names

    def place(self, section: str, name: str, words: str, make: Any) -> None:
        """Add a command to a section, or put another in place of the one of that name.

        words: one line that says what it does. make() → the command.
        """
        known = self.sections.setdefault(section, [])
        for names in self.sections.values():
            if name in names and names is not known:
                names.remove(name)
        if name not in known:
            known.append(name)
        self.later[name], self.words[name] = make, words
        self.commands.pop(name, None)

    def arrange(self, *titles: str) -> None:
        """Let the help begin with these sections, in this order."""
        rest = [title for title in self.sections if title not in titles]
        self.sections = {title: self.sections[title] for title in (*titles, *rest)}

    def list_commands(self, context: click.Context) -> list[str]:
        """The names of all commands, in the order of the help."""
        return [name for names in self.sections.values() for name in names]

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

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was typed; of one that is not there, the one that is meant."""
        if args and args[0][:1] != "-" and self.get_command(context, args[0]) is None:
            known = self.list_commands(context)
            raise click.UsageError(unknown("command", args[0], known, self.synonyms), context)
        return super().resolve_command(context, args)

    def get_help(self, context: click.Context) -> str:
        """The help, in characters that stdout can carry."""
        return Console(sys.stdout).fitting(super().get_help(context))

    def format_help(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write all commands by section, a line each, on one screen."""
        formatter.write(f"Usage: {context.command_path} COMMAND [FLAGS]")
        formatter.write("  (COMMAND -h; --version)\n\n")
        formatter.write_text(self.help or "")
        formatter.write("\n")
        width = max(map(len, self.words), default=0)
        for title, names in self.sections.items():
            formatter.write(f"{title}:\n")
            for name in names:
                line = f"  {name:<{width}}  {self.words[name]}"
                if len(line) < formatter.width:
                    formatter.write(line + "\n")
                else:
                    with formatter.indentation():
                        formatter.write_dl([(f"{name:<{width}}", self.words[name])])
