"""Fitting: lines for a terminal of some width, cut or folded by us before it breaks them.

What goes into a file or a pipe is left whole: a width of None.
"""

from __future__ import annotations

import re

LEAST = 20  # columns: a narrower terminal breaks lines, whatever is done
_GAP = re.compile(r"(?<=\S) {2,}")


def shortened(text: str, width: int | None) -> str:
    """`text` in at most `width` characters, an ellipsis for what is left out: of a path (no spaces,
    but slashes) the middle, of anything else the end."""
    if width is None or len(text) <= width:
        return text
    if width < 2:
        return "…"[:width]
    if "/" in text and " " not in text:
        tail = (width - 1) * 2 // 3
        return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"
    return text[: width - 1].rstrip() + "…"


def folded(line: str, width: int | None) -> str:
    """A line of at most `width` columns, or several.

    Where it has cells, two spaces apart, they move together, and the last ones go. Words go on in
    lines of their own, indented; a word that is too long, such as an address, stays whole.
    """
    if width is None or len(line) <= max(width, LEAST):
        return line
    width = max(width, LEAST)
    cells = _GAP.split(line)
    if len(cells) > 1:
        while len(cells) > 1 and len(" ".join(cells)) > width:
            cells.pop()
        if len(" ".join(cells)) <= width:
            return " ".join(cells)
    import textwrap  # here and not above: few lines are too long

    indent = " " * (len(line) - len(line.lstrip()) + 2)
    wrapper = textwrap.TextWrapper(
        width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(wrapper.wrap(line)) or line


def command_lines(line: str, width: int | None) -> str:
    """A command line in lines that a shell reads as one: a backslash ends all but the last."""
    if width is None or len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    lines, current = [], ""
    for word in line.split():
        if current and len(indent) + len(current) + len(word) + 3 > width:
            lines.append(f"{current} \\")
            current = "    " + word
        else:
            current = f"{current} {word}" if current else word
    return "\n".join(indent + one for one in [*lines, current])
