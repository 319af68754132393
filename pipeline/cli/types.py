"""Types of flags: what they take, what a shell offers for them, what is said of a wrong value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pipeline.names import nearest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    ChoiceOfText = click.Choice[str]
    TextType = click.ParamType[str]
else:  # they take no parameters before click 8.2
    ChoiceOfText, TextType = click.Choice, click.ParamType


class Choice(ChoiceOfText):
    """One of some words; the nearest of them is named where the word is another."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            known = [str(choice) for choice in self.choices]
            words, hint = f"expected one of {', '.join(known)}, found {value!r}", ""
            if (near := nearest(str(value), known)).startswith("did"):
                hint = f"; {near}"
            self.fail(words + hint, param, ctx)


class Place(TextType):
    """A file or a folder by name, which a shell completes. What is there is looked at later."""

    def __init__(self, kind: str) -> None:
        self.name = self._kind = kind

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Let the shell list its files."""
        from click.shell_completion import CompletionItem  # here: a shell alone asks

        return [CompletionItem(incomplete, type=self._kind)]


FILE, FOLDER = Place("file"), Place("dir")
