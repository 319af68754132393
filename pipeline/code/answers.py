"""Answers: what functions reached, each with what it rests on, as JSON.

Functions of one project rest on much that is the same, so sources, modules and live values stand in
rows that all share, and an answer names them by number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

_MOST = 5000  # functions that are remembered


class Answers:
    """Answers by function, as JSON: rows that several of them share, and the answers themselves."""

    def __init__(self, rows: list[Any], answers: dict[str, Any]) -> None:
        self.rows, self.answers = rows, answers
        self._numbers: dict[str, int] = {}

    def number(self, row: Any) -> int:
        """The number of a row, which is added where it is new."""
        if not self._numbers:
            self._numbers = {json.dumps(row): place for place, row in enumerate(self.rows)}
        text = json.dumps(row)
        if text not in self._numbers:
            self._numbers[text] = len(self.rows)
            self.rows.append(row)
        return self._numbers[text]

    def add(self, other: Answers) -> None:
        """Take over the answers of another, but for those that are here, and the rows they name."""

        known: dict[int, int] = {}

        def numbers(of: Iterable[int]) -> list[int]:
            for one in of:
                if one not in known:
                    known[one] = self.number(other.rows[one])
            return [known[one] for one in of]

        for key, answer in other.answers.items():
            with suppress(TypeError, ValueError, IndexError):  # of another form
                if key not in self.answers:
                    files, values, modules, found = answer
                    paths = numbers(files)
                    seen = [[*numbers([module]), numbers(names)] for module, names in values]
                    self.answers[key] = [paths, seen, numbers(modules), found]

    def packed(self) -> str:
        """As a text, without rows that no answer names any more."""
        kept = Answers([], {})
        kept.add(Answers(self.rows, dict(list(self.answers.items())[-_MOST:])))
        return json.dumps([kept.rows, kept.answers], separators=(",", ":"))


def unpacked(text: str) -> Answers:
    """Answers from their text; none where it is of another form."""
    with suppress(TypeError, ValueError, RecursionError):
        rows, answers = json.loads(text)
        return Answers(list(rows), dict(answers))
    return Answers([], {})
