"""What a function reaches: little projects, edited, and what each edit changes."""

import sys

import pytest

from pipeline.code import CodeIndex
from pipeline.code.index import EXCLUDED
from pipeline.code.symbols import scan
from tests.pipeline.code.projects import Folder, changed, names


def test_reaches_exactly_what_is_used(project):
    assert set(project.reached()) == {
        "proj.bases.Base",
        "proj.consts.FACTOR",
        "proj.deep.inner.leaf",
        "proj.helpers.first",
        "proj.helpers.second",
        "proj.helpers.third",
        "proj.lazy.late",
        "proj.registry.TABLE",
        "proj.registry.a",
        "proj.registry.b",
        "proj.shapes.area",
        "proj.tools.Tool",
        "proj.work.main",
    }


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("proj/work.py", "# a comment", "# another comment"),
        ("proj/work.py", '"""Do it."""', '"""Do it well."""'),
        ("proj/work.py", '    """Do it."""\n', ""),
        ("proj/work.py", "DEFAULT = 3", "\n\n\nDEFAULT = (\n    3\n)"),
        ("proj/work.py", "DEFAULT = 3", "DEFAULT: int = 3"),
        ("proj/work.py", "DEFAULT = 3", "DEFAULT = 4"),
        ("proj/work.py", "= DEFAULT", "= 7"),
        ("proj/work.py", "images: Hint, *, size: int = DEFAULT", "images, *, a=1, size=2, b=3"),
        ("proj/work.py", "value: int", "value: float"),
        ("proj/work.py", "value: int", "value"),
        ("proj/work.py", "size: int =", "size: float ="),
        ("proj/work.py", ") -> Hint:", "):"),
        ("proj/work.py", 'TABLE["a"]', "TABLE['a']"),
        ("proj/work.py", '("result",)', '("other",)'),
        ("proj/work.py", "sin", "cos"),
        ("proj/work.py", '"""A module docstring."""', ""),
        ("proj/unused.py", "pass", "x = 1"),
        ("proj/helpers.py", "return 0", "return 1"),
        ("proj/helpers.py", "return x + 1", "pass\n    return x + 1"),
        ("proj/consts.py", "OTHER = 5", "OTHER = 6"),
        ("proj/bases.py", "    pass", "    x = 1"),
        ("proj/shapes.py", "n ** 3", "n ** 4"),
        ("proj/__init__.py", "from .tools", "from proj.tools"),
    ],
)
def test_what_changes_no_result_does_not_count(project, name, old, new):
    before = project.reached()
    project.edit(name, old, new)
    assert project.reached() == before


@pytest.mark.parametrize(
    ("name", "old", "new", "names"),
    [
        ("proj/helpers.py", "x + 1", "x + 1.0", {"proj.helpers.third"}),
        ("proj/consts.py", "FACTOR = 2", "FACTOR = True", {"proj.consts.FACTOR"}),
        ("proj/work.py", '"negative"', '"below 0"', {"proj.work.main"}),
        ("proj/bases.py", "level = 1", "level = 2", {"proj.bases.Base"}),
        ("proj/tools.py", "size: int", "size: float", {"proj.tools.Tool"}),
        ("proj/tools.py", "self.size", "-self.size", {"proj.tools.Tool"}),
        ("proj/registry.py", "return 2", "return 3", {"proj.registry.b"}),
        ("proj/registry.py", '"b"', '"c"', {"proj.registry.TABLE"}),
        ("proj/lazy.py", "return x", "return -x", {"proj.lazy.late"}),
        ("proj/deep/inner.py", "return 0", "return 1", {"proj.deep.inner.leaf"}),
        ("proj/shapes.py", "n * n", "n * n * 1", {"proj.shapes.area"}),
        ("proj/work.py", "stage(", "functools.wraps(", {"proj.work.main", "proj.work.DEFAULT"}),
    ],
)
def test_what_changes_a_result_is_named(project, name, old, new, names):
    before = project.reached()
    project.edit(name, old, new)
    assert changed(before, project.reached()) == names


def test_the_order_of_definitions_does_not_count(project):
    before = project.reached()
    parts = (project.root / "proj/helpers.py").read_text().strip().split("\n\n")
    (project.root / "proj/helpers.py").write_text("\n\n".join(reversed(parts)))
    assert project.reached() == before


def test_a_reexport_moved_to_another_definition(project):
    before = project.reached()
    project.edit("proj/__init__.py", ".tools import Tool", ".bases import Stranger")
    assert changed(before, project.reached()) == {
        "proj.work.main",
        "proj.tools.Tool",
        "proj.bases.Base",
        "proj.bases.Stranger",
    }


def test_the_framework_is_followed_but_not_its_vocabulary(folder, monkeypatch):
    monkeypatch.setattr("pipeline.code.index.EXCLUDED", EXCLUDED)
    found = names(
        folder,
        "from pipeline.prefetch import prefetched\nfrom pipeline import QUIET, stage\n"
        "from pipeline.errors import DataError\ndef f(c=QUIET): raise DataError(prefetched)",
    )
    assert found == {"m.f"} | {f"pipeline.prefetch.{n}" for n in ("END", "prefetched", "_produce")}
    assert "pipeline.stream.Stream" in names(
        folder, "from pipeline import Stream\ndef f(): return Stream.of"
    )


def test_a_top_level_package_on_another_path(folder, monkeypatch, tmp_path):
    folder.write({"elsewhere/side/__init__.py": "Y = 1", "elsewhere/room/part.py": "Z = 1"})
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    text = "import side\nfrom room import part\ndef f(): return side.Y, part.Z"
    assert names(folder, text) == {"m.f", "side.Y", "room.part.Z"}


def test_installed_packages_count_where_they_are_named(tmp_path, monkeypatch):
    site = Folder(tmp_path / "site-packages")
    site.write({"app/__init__.py": "", "app/main.py": "import lib, flat\nfrom . import sub\n"})
    site.write({"app/sub.py": "X = 1", "lib/__init__.py": "Y = 1", "flat.py": "Z = 1"})
    with (site.root / "app/main.py").open("a") as file:
        file.write("def f(): return lib.Y, sub.X, flat.Z")
    monkeypatch.syspath_prepend(site.root)
    where = ("app/main.py", "app.main", "f")
    assert set(site.reached(*where)) == {"app.main.f", "app.sub.X"}
    assert set(site.reached(*where, packages=["lib"])) == {"app.main.f", "app.sub.X", "lib.Y"}
    (tmp_path / "lib").mkdir()  # a mere folder beside a script does not hide a package
    script = Folder(tmp_path)
    assert names(script, "import lib\ndef f(): return lib.Y") == {"m.f"}


def test_a_script_is_named_by_its_place(project):
    before = project.reached()
    assert project.reached(module="__main__") == before
    project.write({"tool.py": "X = 1\ndef f(): return X"})
    assert set(project.reached("tool.py", "__main__", "f")) == {"tool.X", "tool.f"}


def test_one_index_is_one_moment(project):
    index, function = CodeIndex(), project.function("proj/work.py", "proj.work", "main")
    before = index.reached(function)
    project.edit("proj/helpers.py", "x + 1", "x + 2")
    assert index.reached(function) == before
    assert changed(CodeIndex().reached(function).symbols, before.symbols) == {"proj.helpers.third"}


def test_nothing_is_imported(project):
    before = set(sys.modules)
    project.reached()
    assert not {name for name in set(sys.modules) - before if name.startswith("proj")}


@pytest.mark.parametrize("line", ["from pipeline import stage", "from pipeline import *"])
def test_a_stage_is_known_however_its_decorator_is_imported(line):
    """Else the whole module counts for it: what runs under a main guard, too."""
    source = f"{line}\n\n@stage(outputs=('a',))\ndef f(): return 1\n\nother = f\n"
    assert "f (stage)" in scan(source.encode(), "flow", False)["symbols"]
