"""Deferred imports: a module is there when it is used, and not before."""

from __future__ import annotations

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor

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


def test_a_module_of_a_package_is_its_attribute_before_and_after(module, tmp_path):
    folder = tmp_path / "deferred_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "inner.py").write_text("import sys\nsys.deferred_inner_ran = True\nvalue = 5\n")
    importlib.invalidate_caches()
    defer("deferred_package.inner")
    scope: dict = {}
    exec("from deferred_package import inner\nimport deferred_package.inner", scope)
    assert not hasattr(sys, "deferred_inner_ran")
    assert scope["inner"] is scope["deferred_package"].inner
    assert scope["inner"].value == 5
    assert scope["deferred_package"].inner is sys.modules["deferred_package.inner"]


def test_modules_in_a_deferred_package_are_found(module, tmp_path):
    folder = tmp_path / "deferred_outer"
    (folder / "inner").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "inner" / "__init__.py").write_text("whole = True\n")
    (folder / "inner" / "part.py").write_text("value = 5\n")
    importlib.invalidate_caches()
    defer("deferred_outer.inner")
    scope: dict = {}
    exec("from deferred_outer import inner\nfrom deferred_outer.inner.part import value", scope)
    assert scope["value"] == scope["inner"].part.value == 5
    assert scope["inner"].whole


def test_threads_that_use_it_at_once_wait_for_one_import(module):
    name = module(
        "deferred_slow",
        "import sys, time\n"
        "sys.deferred_slow_ran = getattr(sys, 'deferred_slow_ran', 0) + 1\n"
        "time.sleep(0.05)\nvalue = 5\n",
    )
    defer(name)
    stand_in = importlib.import_module(name)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: stand_in.value, range(4))) == {5}
    assert sys.deferred_slow_ran == 1


def test_a_module_below_a_deferred_package_is_executed_once(module, tmp_path):
    package = tmp_path / "deferred_package"
    package.mkdir()
    (package / "__init__.py").write_text("from .inner import Kind\n")
    (package / "inner.py").write_text("class Kind: pass\n")
    importlib.invalidate_caches()
    defer("deferred_package")
    inner = importlib.import_module("deferred_package.inner")
    found = importlib.import_module("deferred_package")
    assert found.Kind is inner.Kind
    assert found.inner is inner
    assert inner.__spec__.origin == str(package / "inner.py")
    assert importlib.reload(inner).Kind is not found.Kind, "who asks for it gets a new one"
