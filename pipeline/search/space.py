"""The space of a search, as a user writes it: a parameter and the values to try, a word each.

`lr=0.01,0.03,0.1`: these values. `hidden=256/512,256`: lists have commas themselves, so they part
by slashes. `batchnorm=on,off`: whatever the parameter's flag takes. `lr=0.001..0.1`: a range to
draw from, log-uniformly where it begins above 0, else uniformly; what is drawn has three digits,
so that it can be typed again.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ConfigError
from pipeline.literals import parse
from pipeline.names import NONE, nearest
from pipeline.parameters import Parameter

DIGITS = 3


@dataclass(frozen=True)
class Range:
    """All numbers from `low` to `high`, both inclusive; whole ones where both are."""

    low: float
    high: float

    def at(self, part: float) -> float:
        """The number that lies so far (from 0 to 1) along the range."""
        if self.low > 0:
            value = self.low * float((self.high / self.low) ** part)
        else:
            value = self.low + (self.high - self.low) * part
        if isinstance(self.low, int):
            return min(max(round(value), self.low), self.high)
        return min(max(_short(value), self.low), self.high)


@dataclass(frozen=True)
class Dimension:
    """One parameter of a search, and what it is to be: one of some values, or any of a range."""

    parameter: Parameter
    values: tuple[Any, ...] | Range

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.parameter.name

    def at(self, part: float) -> Any:
        """The value that lies so far (from 0 to below 1) along the dimension."""
        if isinstance(self.values, Range):
            return self.values.at(part)
        return self.values[int(part * len(self.values))]


Space = tuple[Dimension, ...]


def parse_space(
    parameters: Mapping[str, Parameter],
    words: Iterable[str],
    synonyms: Mapping[str, str] = NONE,
) -> Space:
    """Read `NAME=VALUES` words; `parameters` are those that may be searched, `synonyms` what others
    call them.

    Raises `ConfigError` for a name that is unknown or given twice, and for a value that its
    parameter refuses.
    """
    dimensions: dict[str, Dimension] = {}
    for word in words:
        shown, equals, text = word.partition("=")
        if not equals or not text:
            raise ConfigError(
                f"search: expected NAME=VALUE,VALUE,…, found {word!r}; for example lr=0.01,0.03,0.1"
            )
        name = shown.removeprefix("--").replace("-", "_")
        if name not in parameters:
            hint = nearest(name, parameters, str, synonyms)
            raise ConfigError(f"search: unknown parameter {shown!r}; {hint}")
        if name in dimensions:
            raise ConfigError(f"search: expected one word for each parameter, found two for {name}")
        dimensions[name] = Dimension(parameters[name], _values(parameters[name], text))
    return tuple(dimensions.values())


def size(space: Space) -> float:
    """How many combinations there are: infinitely many where there is a range of numbers."""
    return math.prod(math.inf if isinstance(d.values, Range) else len(d.values) for d in space)


def grid(space: Space) -> Iterator[dict[str, Any]]:
    """The combinations of a space without ranges; the last word varies first."""
    names = [dimension.name for dimension in space]
    listed = [dimension.values for dimension in space if not isinstance(dimension.values, Range)]
    return (dict(zip(names, values, strict=True)) for values in itertools.product(*listed))


def _values(parameter: Parameter, text: str) -> tuple[Any, ...] | Range:
    if parameter.kind in (int, float) and ".." in text:
        return _range(parameter, text)
    parts = text.split("/" if parameter.kind is tuple else parameter.option.between)
    return tuple(dict.fromkeys(_parsed(parameter, part) for part in parts))


def _range(parameter: Parameter, text: str) -> Range:
    typed = text.split("..", 1)
    ends = [_parsed(parameter, end) for end in typed] if all(typed) else []
    if not ends or None in ends or not ends[0] < ends[1]:
        raise ConfigError(
            f"search: {parameter.name}: expected a range LOW..HIGH of numbers, found {text}"
        )
    return Range(*ends)


def _parsed(parameter: Parameter, text: str) -> Any:
    try:
        return parse(parameter, text)
    except ConfigError as error:
        raise ConfigError(f"search: {parameter.name}: {error}") from None


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
