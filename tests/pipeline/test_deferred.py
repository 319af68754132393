"""Deferred imports: a module is there when it is used, and not before."""

from __future__ import annotations

import importlib
import sys

import pytest

from pipeline.deferred import defer


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module of a name of its own, and give back the name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return name

    yield write
    for name in [name for name in sys.modules if name.startswith("deferred_")]:
        del sys.modules[name]


def test_it_is_imported_at_first_use(module):
    name = module("deferred_one", "import sys\nsys.deferred_one_ran = True\nvalue = 5\n")
    defer(name)
    stand_in = importlib.import_module(name)
    assert not hasattr(sys, "deferred_one_ran")
    assert stand_in.value == 5
    assert sys.deferred_one_ran
    assert sys.modules[name] is not stand_in
    assert vars(stand_in)["value"] == 5, "the second use is as fast as any"
    with pytest.raises(AttributeError, match="nothing"):
        stand_in.nothing  # noqa: B018


def test_names_can_be_imported_from_it(module):
    name = module("deferred_two", "value = 5\n")
    defer(name)
    scope: dict = {}
    exec(f"from {name} import value", scope)
    assert scope["value"] == 5


def test_an_import_that_fails_fails_at_each_use(module):
    name = module("deferred_three", "raise RuntimeError('broken')\n")
    defer(name)
    stand_in = importlib.import_module(name)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken"):
            stand_in.value  # noqa: B018


def test_what_is_imported_already_stays(module):
    defer("sys")
    assert sys.modules["sys"] is sys


def test_what_is_not_there_is_left_to_import():
    defer("deferred_nowhere")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("deferred_nowhere")
