"""What commands print: in characters that stdout can carry, on a terminal in lines that fit it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from pipeline.events.console import Console
from pipeline.events.fitting import columns, folded, shortened


def echo(text: str, error: bool = False) -> None:
    """Print a text, where the caller has left that stream open: click would take the other one.
    Errors of writing are raised, unlike those of a reporter."""
    stream = sys.stderr if error else sys.stdout
    if stream is not None:
        click.echo(Console(stream).fitting(text), file=stream)


def echo_page(text: str) -> None:
    """Print a page for people, its long lines folded where stdout is a terminal."""
    width = terminal_width()
    text = Console(sys.stdout).fitting(text)
    echo("\n".join(folded(line, width) for line in text.split("\n")))


def terminal_width() -> int | None:
    """How long a line on stdout may be; None where it is no terminal, and lines stay whole."""
    return Console(sys.stdout).width


def shown_place(path: Path | str, label: str = "") -> str:
    """A labelled path that fits the terminal: there, a long digest in it is cut to `1a2b3c4d*`,
    which a shell completes."""
    fitting = Console(sys.stdout).fitting
    text, width = fitting(f"{label}{path}"), terminal_width()
    if width is None or columns(text) <= width:
        return text
    parts = [f"{part[:8]}*" if _is_digest(part) else part for part in Path(path).parts]
    return label + shortened(fitting(str(Path(*parts))), width - len(label), fitting("…"))


def _is_digest(part: str) -> bool:
    return len(part) >= 32 and set(part) <= set("0123456789abcdef")


def occupy_streams() -> None:
    """Open what the caller has closed of stdin, stdout and stderr, to nowhere: or else the next
    file that is opened gets its number, and what a program that is started prints goes there."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest number


def plain_streams() -> None:
    """Let whatever is written to stdout and stderr be shown as well as they can, by whomever."""
    import codecs

    def replaced(error: Any) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        ascii_only = Console(None)
        ascii_only.encoding = "ascii"
        return ascii_only.fitting(error.object[error.start : error.end]), error.end

    codecs.register_error("pipeline.plain", replaced)
    for stream in (sys.stdout, sys.stderr):
        encoding = (getattr(stream, "encoding", None) or "utf-8").lower()
        if encoding.replace("-", "") != "utf8" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="pipeline.plain")
