"""Stages whose functions have names that lead elsewhere, or nowhere."""

from __future__ import annotations

from pipeline import stage
from pipeline.stage import Stage


def double(number: int) -> int:
    """A function that stays one."""
    return 2 * number


doubled = stage(outputs=("doubled",), over={"number": [1, 2, 3]})(double)
again = stage(outputs=("again",), name="again", over={"number": [4, 5, 6]})(double)


@stage(outputs=("scaled",), over={"number": [1, 2, 3]})
def scaled(number: int) -> int:
    """Its name is given to another one below."""
    return 10 * number


FIRST: list[Stage] = [scaled]


@stage(outputs=("scaled",), over={"number": [1, 2, 3]})
def scaled(number: int) -> int:
    """That other one."""
    return 100 * number


def inside(factor: int) -> Stage:
    """A stage that holds a value."""

    @stage(outputs=("held",), over={"number": [1, 2, 3]})
    def held(number: int) -> int:
        """Times the factor."""
        return factor * number

    return held
