"""Fitting: lines for a terminal of some width, cut or folded by us before it breaks them.

What goes into a file or a pipe is left whole: a width of None.
"""

from __future__ import annotations

import re

LEAST = 20  # columns: a narrower terminal breaks lines, whatever is done
_GAP = re.compile(r"(?<=\S) {2,}")
_BETWEEN = re.compile(r"(?<=\S)(\s+)(?=\S)")
# What takes one column each: nearly all texts, and no table has to be asked for them.
_NARROW = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2190-\u22ff\u2500-\u259f\u2800-\u28ff]*"
)


def visible(text: str) -> str:
    """A text as a terminal shows it and does not obey it: of files, variables and other users."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: a Chinese sign or an emoji two, an accent that
    joins the letter before it none (Unicode Standard Annex 11)."""
    return len(text) if _NARROW.fullmatch(text) else sum(map(_columns, text))


def _columns(sign: str) -> int:
    import unicodedata  # here and not above: few texts need it

    if unicodedata.east_asian_width(sign) in "WF":
        return 2
    return int(unicodedata.category(sign) not in ("Mn", "Me", "Cf"))


def beginning(text: str, width: int) -> str:
    """As much of a text as fits into so many columns, from its begin on."""
    kept = text[: max(width, 0)]
    while columns(kept) > width:
        kept = kept[:-1]
    return kept


def padded(text: str, width: int, right: bool = False) -> str:
    """A text with spaces behind it, or before it, up to so many columns."""
    spaces = " " * (width - columns(text))
    return spaces + text if right else text + spaces


def shortened(text: str, width: int | None, mark: str = "…") -> str:
    """`text` in at most `width` columns, `mark` for what is left out: of a path (no spaces, but
    slashes) the middle, of anything else the end.

    Where a stream lacks signs, text and mark are as it shows them (`Console.fitting`): `...`.
    """
    if width is None or columns(text) <= width:
        return text
    left = width - len(mark)
    if left < 1:
        return mark[: max(width, 0)]
    if "/" in text and " " not in text:
        tail = beginning(text[::-1], left * 2 // 3)[::-1]
        return f"{beginning(text, left - columns(tail))}{mark}{tail}"
    return beginning(text, left).rstrip() + mark


def folded(line: str, width: int | None) -> str:
    """A line of at most `width` columns, or several.

    Where it has cells, two spaces apart, they move together, and the last ones go. Words go on in
    lines of their own, indented; a word that is too long, such as an address, stays whole.
    """
    if width is None or columns(line) <= max(width, LEAST):
        return line
    width = max(width, LEAST)
    cells = _GAP.split(line)
    if len(cells) > 1:
        while len(cells) > 1 and columns(" ".join(cells)) > width:
            cells.pop()
        if columns(" ".join(cells)) <= width:
            return " ".join(cells)
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    current, *others = _BETWEEN.split(line.rstrip())
    lines = []
    for gap, word in zip(others[::2], others[1::2], strict=True):
        longer = current + (gap if gap.isprintable() else " ") + word
        if columns(longer) > width:
            lines.append(current)
            longer = indent + word
        current = longer
    return "\n".join([*lines, current])


def command_lines(line: str, width: int | None) -> str:
    """A command line in lines that a shell reads as one: a backslash ends all but the last."""
    if width is None or columns(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    lines, current = [], ""
    for word in line.split():
        if current and columns(indent + current + word) + 3 > width:
            lines.append(f"{current} \\")
            current = "    " + word
        else:
            current = f"{current} {word}" if current else word
    return "\n".join(indent + one for one in [*lines, current])
