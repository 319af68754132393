"""Keeping: which stages have read what a name of a module may hold, however they overlap."""

from __future__ import annotations

import importlib
import sys
import threading

import pytest

from pipeline.code import kept
from pipeline.code.kept import Keeping, _states
from pipeline.code.recorder import Recorder

HELPERS = """
from functools import cache
from pathlib import Path

FOUND = {}


@cache
def cached(name):
    return Path(name).read_text()
"""


@pytest.fixture
def helpers(tmp_path, monkeypatch):
    """A module with a cache, and a file to read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "k.txt").write_text("seven")
    (tmp_path / "helpers.py").write_text(HELPERS)
    importlib.invalidate_caches()
    yield importlib.import_module("helpers")
    del sys.modules["helpers"]


def keeping(helpers, folder) -> tuple[Keeping, Recorder]:
    return Keeping({helpers.__file__}, {"helpers.cached"}), Recorder((str(folder / "s"),), None)


def test_a_stage_that_ends_while_another_begins(helpers, tmp_path, monkeypatch):
    """The second has looked at the cache when it was empty, and the first fills it before the
    second runs: its files must not be forgotten as those of a cache that was emptied."""
    (first, has_read), (second, has_not) = keeping(helpers, tmp_path), keeping(helpers, tmp_path)
    first.begin(has_read)

    def fill_and_end():
        helpers.cached("k.txt")
        has_read.read("k.txt")
        first.end()

    beside = threading.Thread(target=fill_and_end)

    def look(files, states=_states):
        yield from [*states(files)]
        if beside.ident is None:  # the second has looked; does it still hold others off?
            beside.start()
            beside.join(0.2)

    monkeypatch.setattr(kept, "_states", look)
    second.begin(has_not)
    beside.join()
    second.end()
    assert "k.txt" in has_not.opened


def test_a_cache_that_is_emptied_while_a_stage_runs_that_has_used_it(helpers, tmp_path):
    (first, has_read), (second, has_not) = keeping(helpers, tmp_path), keeping(helpers, tmp_path)
    third, neither = keeping(helpers, tmp_path)
    first.begin(has_read)
    helpers.cached("k.txt")
    has_read.read("k.txt")
    first.end()
    second.begin(has_not)
    helpers.cached("k.txt")
    helpers.cached.cache_clear()
    third.begin(neither)
    third.end()
    second.end()
    assert "k.txt" in has_not.opened
    assert not neither.opened


@pytest.mark.parametrize(
    "keep", [lambda module, x: module.FOUND.update(x=x), lambda module, x: setattr(module, "X", x)]
)
def test_a_number_that_lies_where_another_lay_is_another(helpers, keep):
    keep(helpers, float("0.5"))
    before = dict(_states({helpers.__file__}))
    keep(helpers, 0)  # the place of the first is free
    keep(helpers, float("0.7"))
    after = dict(_states({helpers.__file__}))
    changed = {key[1] for key in before if before[key] != after[key]}
    assert len(changed) == 1
    assert changed <= {"FOUND", "X"}


def test_an_interrupt_as_a_stage_begins_is_what_the_caller_hears_of(helpers, tmp_path, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    one, recorder = keeping(helpers, tmp_path)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(kept, "_modules", interrupted)
        try:
            one.begin(recorder)
        finally:
            one.end()
    assert not kept._RUNNING
