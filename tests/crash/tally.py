"""Tally: what a part of the campaign counted, and what it found wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Tally:
    """`counts` by what happened; `wrong` says how to find each violation again.

    `seen` are marks of what counts once, however often it comes up; `figures` were measured.
    """

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set, repr=False)
    figures: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, tallies: Iterable[Tally], prefix: str = "") -> Tally:
        """The sum of several; what two of them saw is one, and the last figures count."""
        total = cls()
        for tally in tallies:
            total.counts.update({prefix + what: n for what, n in tally.counts.items()})
            total.wrong += tally.wrong
            total.seen |= tally.seen
            total.figures |= tally.figures
        return total
