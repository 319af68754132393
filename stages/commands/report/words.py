"""Figures as people read them."""

from __future__ import annotations

from collections.abc import Sequence

NONE = "–"


def percent(part: float | None, digits: int = 1) -> str:
    """41.8%, of a part of 1."""
    return NONE if part is None else f"{part:.{digits}%}"


def interval(ends: tuple[float, float], digits: int = 1) -> str:
    """40.5 to 43.2%."""
    return f"{100 * ends[0]:.{digits}f} to {ends[1]:.{digits}%}"


def number(value: float | None, digits: int = 4) -> str:
    """A figure such as a loss, with so many digits after the point."""
    return NONE if value is None else f"{value:,.{digits}f}"


def short(value: float) -> str:
    """A number in as few signs as it needs: 0.01, 1.5e-05, 60,000."""
    return f"{value:,.0f}" if abs(value) >= 1000 and value == round(value) else f"{value:.4g}"


def several(count: int, one: str, many: str | None = None) -> str:
    """1 image; 5,000 images."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(names: Sequence[str], last: str = "and") -> str:
    """a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def points(difference: float) -> str:
    """A difference of two parts of 1: 3.1 points."""
    return f"{100 * difference:.1f} points"


def seconds(value: float) -> str:
    """0.23 s; 95 s; 28 min 5 s; 3 h 12 min."""
    if value < 100:
        return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
