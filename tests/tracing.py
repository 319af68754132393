"""Coverage looks where it finds something: tracing makes what runs two or three times as slow.

It looks at what tests that mirror the code call, and their fixtures; not at what pytest does in
between, not at the process that only hands out tests, and not at tests that would cover no further
line: those that run the whole program, property tests, and what `untraced.txt` lists, which
`python -m tests.untraced` writes. Where coverage looks by other means than a trace function
(Python 3.14), it looks at all of it; so it does where it is asked which test covers what
(`--cov-context=test`).

Another thread is traced as long as it lives, or never.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from tests.imports import MIRRORS, modules, name_of
from tests.untraced import function_of, listed

TRACED = tuple(f"tests/{name}" for name in MIRRORS)
CELLS = "stages.notebooks."  # no modules

_listed: frozenset[str] = frozenset()
_functions: tuple[Any, Any] | None = None  # those that trace: this thread, and those that begin


@contextmanager
def traced() -> Iterator[None]:
    """Let coverage look, and no longer than that."""
    if _functions is None or sys.gettrace() is not None:
        yield
        return
    _set(_functions)
    try:
        yield
    finally:
        _set((None, None))


def _set(functions: tuple[Any, Any]) -> None:
    """CPython 3.11 fails where two threads begin or end to be traced at the same moment, so others
    that are just beginning go first."""
    threading.settrace(functions[1])
    if threading.active_count() > 1:
        time.sleep(1e-4)
    try:
        sys.settrace(functions[0])
    except RuntimeError:
        time.sleep(0.01)
        sys.settrace(functions[0])


def pytest_sessionstart(session: pytest.Session) -> None:
    """The process that hands out tests runs none."""
    global _listed
    _listed = frozenset() if getattr(session.config.option, "cov_context", None) else listed()
    if getattr(session.config.option, "numprocesses", None) and sys.gettrace() is not None:
        sys.modules["coverage"].Coverage.current().stop()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What modules do when they are imported is seen here; tests are collected unseen."""
    global _functions
    if "coverage" in sys.modules and sys.gettrace() is not None:
        for name in (name for folder in MIRRORS for name in map(name_of, modules(folder))):
            if not name.startswith(CELLS):
                with suppress(ImportError):
                    importlib.import_module(name)
        _functions = sys.gettrace(), threading.gettrace()
        _set((None, None))
    return (yield)


def is_traced(item: pytest.Item) -> bool:
    """Whether it may cover what no other test does."""
    if not item.nodeid.startswith(TRACED) or item.get_closest_marker("hypothesis"):
        return False
    return _listed.isdisjoint((item.nodeid, function_of(item.nodeid)))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    if not is_traced(pyfuncitem):
        return (yield)
    with traced():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Iterator[None]:
    """What a fixture makes may be for several tests, whichever comes first."""
    alone = request.scope == "function" and not is_traced(request.node)
    if alone or not fixturedef.baseid.startswith(TRACED):
        return (yield)
    with traced():
        return (yield)
