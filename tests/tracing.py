"""Coverage sees the tests that mirror the code, and nothing else of a run.

To trace makes all that runs two or three times as slow, pytest's own work for each test, too. So
once the tests are collected, which imports modules, coverage is on only while a test of MIRRORS
runs, or a fixture of one is set up; but for tests marked `no_cover`, which repeat what others have
covered.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
MIRRORS = ("pipeline", "stages")  # what lies here mirrors the code


class Tracing:
    """A plugin that begins and ends what coverage has started; it does nothing where none has."""

    def __init__(self) -> None:
        self._coverage: Any = None
        self._wanted, self._depth = False, 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        coverage = sys.modules.get("coverage")
        self._coverage = coverage and coverage.Coverage.current()
        self._end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._end()
        mirrors = item.path.relative_to(HERE).parts[0] in MIRRORS
        self._wanted = mirrors and not item.get_closest_marker("no_cover")

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self) -> Iterator[None]:
        with self._on():
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        with self._on():
            return (yield)

    @contextmanager
    def _on(self) -> Iterator[None]:
        """One fixture may set up another."""
        if self._coverage and self._wanted and not self._depth:
            self._coverage.start()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self._end()

    def _end(self) -> None:
        if self._coverage:
            self._coverage.stop()
