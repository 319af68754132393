"""Tables: aligned columns that fit the terminal. Columns are dropped or shortened, no line wraps.

In a file or a pipe a table is whole.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from pipeline.cli.output import terminal_width
from pipeline.events.console import Console
from pipeline.events.fitting import columns, padded, shortened

LEAST = 10  # columns of the terminal that a shortened one keeps
GAP = 2


def align(
    rows: Iterable[Sequence[str]],
    right: Sequence[int] = (),
    *,
    drop: Sequence[int] = (),
    shorten: Sequence[int] | None = None,
    width: int | None = None,
) -> str:
    """Rows of cells as aligned columns, two spaces apart; `right` names right-aligned columns.

    Where the table is too wide for the terminal, or for `width`, the columns of `drop` go, in this
    order, as far as needed, and those of `shorten` (none named: all that are not right-aligned, but
    for the first) are cut: the widest first.
    """
    fitting = Console(sys.stdout).fitting  # what has no sign there may take more columns
    rows, mark = [[fitting(cell) for cell in row] for row in rows], fitting("…")
    width = terminal_width() if width is None else width
    if not rows:
        return ""
    kept = list(range(len(rows[0])))
    widths = [max(columns(row[i]) for row in rows) for i in kept]
    if width is not None:
        cut = [i for i in kept[1:] if i not in right] if shorten is None else list(shorten)
        for column in drop:
            least = (min(widths[i], LEAST) if i in cut else widths[i] for i in kept)
            if sum(least) + GAP * (len(kept) - 1) <= width:
                break
            kept.remove(column)
        _narrow(widths, [i for i in kept if i in cut], sum(widths[i] for i in kept), kept, width)
    return "\n".join(_line(row, kept, widths, right, width, mark) for row in rows)


def whole_width(rows: Sequence[Sequence[str]]) -> int:
    """How many columns of a terminal such a table takes where nothing is cut."""
    return sum(max(map(columns, cells)) + GAP for cells in zip(*rows, strict=True)) - GAP


def _narrow(
    widths: list[int], cut: Sequence[int], total: int, kept: Sequence[int], width: int
) -> None:
    """Make the columns `cut` narrower, the widest first, until the table fits or they are least."""
    excess = total + GAP * (len(kept) - 1) - width
    while excess > 0 and (wide := [i for i in cut if widths[i] > LEAST]):
        widest = max(wide, key=lambda i: widths[i])
        others = [widths[i] for i in wide if widths[i] < widths[widest]]
        step = min(excess, widths[widest] - max([*others, LEAST], default=LEAST) or 1)
        widths[widest] -= step
        excess -= step


def _line(
    row: Sequence[str],
    kept: Sequence[int],
    widths: Sequence[int],
    right: Sequence[int],
    width: int | None,
    mark: str,
) -> str:
    cells = [shortened(row[i], widths[i], mark) for i in kept]
    line = (" " * GAP).join(
        padded(cell, widths[i], i in right) for i, cell in zip(kept, cells, strict=True)
    )
    return shortened(line.rstrip(), width, mark)
