"""Scanner: JSON read piece by piece, numbers straight into arrays.

A parser that makes a Python object of every number takes thirty times the memory of a small file of
brackets. This one holds the text, its position in it, and what the caller keeps; what nobody asked
for is read over. The caller says what should come next, so nothing is taken that was not expected.

All methods raise `ValueError` with the place, in bytes, where something else was found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from stages.modelfile.strict import shown

SPACE = rb"[ \t\n\r]*+"
# With limits, so that to look at one takes no time; nobody's texts and numbers are so long.
NUMBER = rb"-?(?:0|[1-9][0-9]{0,400}+)(?:\.[0-9]{1,400}+)?(?:[eE][+-]?[0-9]{1,400}+)?"
STRING = rb'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}){0,1000}+"'
NUMBERS = re.compile(
    rb"\[" + SPACE + rb"((?:NUM(?:SP,SPNUM)*+)?)".replace(b"NUM", NUMBER).replace(b"SP", SPACE)
    + SPACE + rb"\]"
)  # fmt: skip
SPACES, ATOM = re.compile(SPACE), re.compile(NUMBER + b"|" + STRING + b"|true|false|null")
DEPTH, FIELDS = 10, 1000  # of what is read over
ITEMS = 1_000_000  # of an array


class Scanner:
    """A position in a JSON text in UTF-8, which only goes forward."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def members(self) -> Iterator[str]:
        """The keys of an object; the caller reads each value before it asks for the next key."""
        yield from self._parts(b"{", b"}", self._key)

    def items(self) -> Iterator[None]:
        """As often as an array has items; the caller reads each before it asks for the next."""
        yield from self._parts(b"[", b"]", lambda: None)

    def number(self) -> float:
        """A finite number."""
        text = self._atom()
        if not (text[:1] in b"-0123456789" and abs(value := float(text)) < float("inf")):
            raise self._wrong("a finite number", text)
        return value

    def numbers(self, count: int) -> np.ndarray:
        """An array of `count` finite numbers, float64 (count,)."""
        match = self._numbers()
        found = match[1].count(b",") + 1 if match[1] else 0
        if found != count:
            raise self._wrong(f"an array of {count} numbers", found)
        values = np.fromiter(map(float, match[1].split(b",") if found else ()), np.float64, count)
        if not np.isfinite(values).all():
            raise self._wrong("an array of finite numbers", "one that is too large")
        self._at = match.end()
        return values

    def skip(self, depth: int = 0) -> None:
        """A text, a number, an array of numbers, or an object of these: checked, and read over."""
        first = self._next()
        if first == b"[":
            self._at = self._numbers().end()
        elif first == b"{":
            for count, _ in enumerate(self.members()):
                if depth == DEPTH or count == FIELDS:
                    raise self._wrong(f"objects of {DEPTH} levels and {FIELDS} fields", "more")
                self.skip(depth + 1)
        else:
            self._atom()

    def end(self) -> None:
        """Nothing more."""
        if self._next():
            raise self._wrong("the end of the file")

    def _numbers(self) -> re.Match[bytes]:
        """An array of numbers; counted first, for to match too many would take long."""
        self._next()
        end = self._data.find(b"]", self._at) + 1
        if self._data.count(b",", self._at, end) >= ITEMS:
            raise self._wrong(f"an array of at most {ITEMS:,} numbers", "a longer one")
        match = NUMBERS.match(self._data, self._at, end)
        if match is None:
            raise self._wrong("an array of numbers")
        return match

    def _parts(self, opening: bytes, closing: bytes, before: Callable[[], Any]) -> Iterator[Any]:
        """What `before` returns, for each part between the two marks."""
        self._take(opening)
        if self._next() != closing:
            yield before()
            while self._next() == b",":
                self._at += 1
                yield before()
        self._take(closing)

    def _key(self) -> str:
        text = self._atom()
        if text[:1] != b'"':
            raise self._wrong("a key", text)
        self._take(b":")
        return str(json.loads(text))

    def _atom(self) -> bytes:
        self._next()
        match = ATOM.match(self._data, self._at)
        if match is None:
            raise self._wrong("a value")
        self._at = match.end()
        return match[0]

    def _next(self) -> bytes:
        """The next byte that is no space; b"" at the end."""
        if spaces := SPACES.match(self._data, self._at):
            self._at = spaces.end()
        return self._data[self._at : self._at + 1]

    def _take(self, mark: bytes) -> None:
        if self._next() != mark:
            raise self._wrong(mark.decode())
        self._at += 1

    def _wrong(self, expected: str, found: object = None) -> ValueError:
        if found is None:
            found = self._data[self._at : self._at + 20] or "the end of the file"
        words = found.decode(errors="replace") if isinstance(found, bytes) else str(found)
        return ValueError(f"byte {self._at}: expected {expected}, found {shown(words)}")
