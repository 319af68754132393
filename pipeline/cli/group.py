"""The commands of a program: in sections, made when asked for, known by other names too."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from pipeline.cli.help import NAMES
from pipeline.cli.mistakes import shown, unknown_flag
from pipeline.events.console import Console
from pipeline.names import NONE, meant, unknown


class CommandGroup(click.Group):
    """A group whose commands are made when they are asked for: most calls ask for one of many.

    `place(section, name, words, make)` adds a command to a section of the help, in order.
    """

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.context_settings = {**NAMES, **self.context_settings}
        self.synonyms: Mapping[str, str] = NONE  # names that other programs use → ours
        self.notes: Mapping[str, str] = NONE  # flags that are not here → what to do
        self.tries = ""  # the command that tries several values of a parameter
        self.later: dict[str, Any] = {}
        self.words: dict[str, str] = {}
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
            raise click.UsageError(self._unknown(args[0], context), context)
        return super().resolve_command(context, args)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the flags ahead of a command; those of commands come after it."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.NoSuchOption as error:
            words = unknown_flag(self, self, error.option_name)
            if " is a flag of " in words:
                words += "; it stands after the command"
            raise click.UsageError(words, error.ctx) from None

    def _unknown(self, word: str, context: click.Context) -> str:
        """What is said of a word that is no command: a near one, or the flag that it is."""
        known = self.list_commands(context)
        if meant(word, known, self.synonyms):
            return unknown("command", word, known, self.synonyms)
        flags = [one.opts[0] for name in known for one in shown(self.made(name))]
        own = [flag for one in shown(self) for flag in one.opts]
        words = f"no command is named {word!r}"
        if flag := meant(word, own):
            return f"{words}; did you mean '{self.name} {flag}'?"
        if flag := meant(word.partition("=")[0], flags, self.synonyms):
            return f"{words}; {flag} is a flag: see '{self.name} help {flag[2:]}'"
        return unknown("command", word, known, self.synonyms)

    def get_help(self, context: click.Context) -> str:
        """The help, in characters that stdout can carry."""
        return Console(sys.stdout).fitting(super().get_help(context))

    def format_help(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write all commands by section, a line each, on one screen."""
        formatter.write(f"Usage: {context.command_path} COMMAND [FLAGS]")
        formatter.write("  (help WORD; --version)\n\n")
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
