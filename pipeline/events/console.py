"""Console: a stream for people, or for programs, that never fails its writer."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

DIM, YELLOW = "2", "33"
_ASCII = {
    **{"→": "->", "…": "...", "×": "x", "·": "-", "–": "-", "—": "-", "±": "+-", "≤": "<="},
    **{"≥": ">=", "▶": ">", "↓": "v", "↑": "^", "←": "<-", "█": "#", "▏": "|", "│": "|"},
    **{"─": "-", "✕": "x", "“": '"', "”": '"', "‘": "'", "’": "'", "\u00a0": " "},
}
PLAIN = str.maketrans(_ASCII)


class Console:
    """Writes text to `stream`, in the characters that its encoding has, and flushes.

    A reader that has gone, a full disk or a closed stream lose what is written, never the run.
    Colours are for terminals, and for nobody who sets NO_COLOR.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.colours = self.can_move() and not os.environ.get("NO_COLOR") and os.name != "nt"

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        with suppress(ValueError, AttributeError):  # closed; no stream at all
            return bool(self._stream.isatty())
        return False

    def can_move(self) -> bool:
        """Whether it is a terminal whose cursor can go back."""
        return self.isatty() and os.environ.get("TERM") != "dumb"

    def fileno(self) -> int:
        """The file descriptor, where there is one: a bar asks it for the width of the terminal."""
        return int(self._stream.fileno())

    @property
    def columns(self) -> int:
        """The width of the terminal; 80 where it does not say."""
        with suppress(OSError, ValueError, AttributeError):
            return os.get_terminal_size(self.fileno()).columns or 80
        return 80

    @property
    def width(self) -> int | None:
        """How long a line may be; None where it goes into a file or a pipe, and is left whole.

        Some terminals begin a new line after the last column.
        """
        return self.columns - 1 if self.isatty() else None

    def paint(self, text: str, colour: str) -> str:
        """`text` in a colour, where there are colours."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colours and text else text

    def write(self, text: str) -> None:
        """Write and flush, or do without."""
        try:
            self._stream.write(self.fitting(text))
            self._stream.flush()
        except BrokenPipeError:
            self._abandon()
        except (OSError, ValueError, AttributeError):
            pass

    def flush(self) -> None:
        """Nothing is left to flush."""

    def fitting(self, text: str) -> str:
        """`text` in characters that the stream can carry."""
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return "".join(map(self._shown, text))
        return text

    def _shown(self, character: str) -> str:
        """A character that the stream has, or a plain one that looks like it, or its number."""
        try:
            character.encode(self.encoding)
        except UnicodeEncodeError:
            plain = character.translate(PLAIN).encode(self.encoding, "backslashreplace")
            return plain.decode(self.encoding)
        return character

    def _abandon(self) -> None:
        # What the stream still holds would fail again when the interpreter exits, and turn the
        # exit status into 120. The null device takes it.
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(null, self._stream.fileno())
            finally:
                os.close(null)
