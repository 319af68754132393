"""Numbers that callers give: Python's and NumPy's, but no truth values and no text.

Whatever comes in, plain Python numbers go on, so that descriptions are JSON and arithmetic does not
depend on who called. ValueError says what was expected and what was found.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np


def whole(name: str, value: Any, least: int = 0, most: int | None = None) -> int:
    """A whole number from `least` to `most` (None: any)."""
    number = _plain(value)
    if isinstance(number, int) and number >= least and (most is None or number <= most):
        return number
    expected = f"of at least {least}" if most is None else f"from {least} to {most}"
    raise ValueError(f"{name}: expected a whole number {expected}, found {value!r:.60}")


def real(name: str, value: Any, expected: str, fits: Callable[[float], bool]) -> float:
    """A number that fits; `expected` says which ones do. Whole numbers stay so."""
    number = _plain(value)
    if number is not None and _is_float(number) and fits(number):
        return number
    raise ValueError(f"{name}: expected {expected}, found {value!r:.60}")


def set_numbers(options: Any, convert: Callable[..., float], *names: str, **limits: Any) -> None:
    """Fields of a frozen dataclass ← the plain numbers that `convert` makes of them."""
    for name in names:
        object.__setattr__(options, name, convert(name, getattr(options, name), **limits))


def _is_float(number: float) -> bool:
    """Whether a float can hold it: a whole number may be larger than any."""
    try:
        float(number)
    except OverflowError:
        return False
    return True


def _plain(value: Any) -> int | float | None:
    """The int or float that a value is, or None."""
    if isinstance(value, np.ndarray) and not value.ndim:
        value = value[()]
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    return int(value) if isinstance(value, Integral) else float(value)
