"""Every day a few of many alike, all of them in `make test-long`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def long_but(every_day: Collection[Any], cases: Iterable[Any]) -> list[Any]:
    """The cases for `parametrize`: all but those of every day are marked `long`."""
    found = [*cases]
    assert {*every_day} <= {*found}, "a case of every day that there is not"
    return [one if one in every_day else pytest.param(one, marks=pytest.mark.long) for one in found]
