"""What a function reaches: little projects, edited, and what each edit changes."""

import functools
import sys
import types
from pathlib import Path
from textwrap import dedent

import pytest

from pipeline.code import CodeIndex

PROJECT = {
    "proj/__init__.py": "from .tools import Tool as PublicTool\n",
    "proj/work.py": '''
        """A module docstring."""
        from __future__ import annotations
        import math
        import numpy as np
        import proj.deep.inner
        from typing import TYPE_CHECKING
        from proj import PublicTool, shapes
        from .helpers import first as start
        from .consts import *
        from .registry import TABLE
        from pipeline.errors import DataError
        from pipeline.stage import stage
        if TYPE_CHECKING:
            from proj.unused import Hint

        DEFAULT = 3

        @stage(outputs=("result",))
        def main(images: Hint, *, size: int = DEFAULT) -> Hint:
            """Do it."""
            from proj.lazy import late
            value: int = start(images) + FACTOR  # a comment
            if value < 0:
                raise DataError("negative")
            return PublicTool(late(value)), shapes.area(size), TABLE["a"], proj.deep.inner.leaf()

        def unrelated():
            return math.sin(1)
        ''',
    "proj/helpers.py": """
        def first(x):
            return second(x)

        def second(x):
            return third(x)

        def third(x):
            return x + 1

        def never(x):
            return 0
        """,
    "proj/consts.py": "FACTOR = 2\nOTHER = 5\n",
    "proj/tools.py": """
        from . import bases

        class Tool(bases.Base):
            size: int = 1

            def go(self):
                return self.size
        """,
    "proj/bases.py": "class Base:\n    level = 1\n\n\nclass Stranger:\n    pass\n",
    "proj/registry.py": """
        def a(): return 1
        def b(): return 2
        TABLE = {"a": a}
        TABLE["b"] = b
        """,
    "proj/shapes.py": "def area(n):\n    return n * n\n\n\ndef volume(n):\n    return n ** 3\n",
    "proj/lazy.py": "def late(x):\n    return x\n",
    "proj/deep/__init__.py": "",
    "proj/deep/inner.py": "def leaf():\n    return 0\n",
    "proj/unused.py": "class Hint:\n    pass\n",
}


class Folder:
    """A folder of sources that can be edited, and asked what a function in it reaches."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert old in text
        (self.root / name).write_text(text.replace(old, new))

    def function(self, name: str, module: str, qualname: str) -> types.FunctionType:
        """The function, as its module would make it, without running the module."""
        path = self.root / name
        inner = [code for code in compile(path.read_text(), str(path), "exec").co_consts
                 if isinstance(code, types.CodeType)]  # fmt: skip
        code = next(code for code in inner if code.co_name in (qualname, "<lambda>"))
        function = types.FunctionType(code, {"__name__": module}, qualname)
        function.__qualname__ = qualname
        return function

    def reached(self, name="proj/work.py", module="proj.work", qualname="main", **options):
        return CodeIndex(**options).reached(self.function(name, module, qualname)).symbols


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.fixture
def project(folder):
    folder.write(PROJECT)
    return folder


def changed(old: dict[str, str], new: dict[str, str]) -> set[str]:
    return {name for name in old | new if old.get(name) != new.get(name)}


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


def reached(folder, text, **files) -> dict[str, str]:
    folder.write({f"{name}.py": content for name, content in {"m": text, **files}.items()})
    return folder.reached("m.py", "m", "f")


def names(folder, text, **files) -> set[str]:
    return set(reached(folder, text, **files))


def test_swapped_imports_of_the_same_functions(folder):
    other = "def g(): return 1\ndef h(): return 2\n"
    one = reached(folder, "from o import g as a, h as b\ndef f(): return a() - b()", o=other)
    two = reached(folder, "from o import h as a, g as b\ndef f(): return a() - b()", o=other)
    assert changed(one, two) == {"m.f"}
    again = "def f(): return a() - b()"
    one = reached(folder, f"from p import a, b\n{again}", p="from o import g as a, h as b")
    two = reached(folder, f"from p import a, b\n{again}", p="from o import h as a, g as b")
    assert changed(one, two) == {"m.f"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from math import sin as f1", "from math import cos as f1"),
        ("import math as f1", "import cmath as f1"),
        ("from math import *", "from cmath import *"),
        ("try:\n  import f1\nexcept ImportError:\n  f1 = None", "import f1"),
    ],
)
def test_what_a_name_imports_from_outside_counts(folder, old, new):
    body = "def f(): return f1"
    assert changed(reached(folder, f"{old}\n{body}"), reached(folder, f"{new}\n{body}")) >= {"m.f"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("X = 1\nX += 1\ndef f(): return X", {"X"}),
        ("X = Y = 1\ndel Y\ndef f(): return X", {"X"}),
        ("def g(): pass\ng.x = h = 1\ndef f(): g()", {"g"}),
        ("X = []\nX.append(1)\ndef f(): return X", {"X"}),
        ("A = 1\nif A:\n  X = 1\nelse:\n  X = 2\ndef f(): return X", {"X", "A"}),
        ("A = 1\nif A: pass\nelif A:\n  def g(): 1\ndef f(): return g", {"g", "A"}),
        ("A = []\nfor X in A:\n  Y = X\ndef f(): return Y", {"A", "X", "Y"}),
        ("A = 1\nwith open(A) as X:\n  pass\ndef f(): return X", {"X", "A"}),
        ("A = 1\nmatch A:\n  case [*X]: Y = 1\n  case {'a': 1, **Z} as W: 1\ndef f(): Y", {*"AY"}),
        ("A = 1\nmatch A:\n  case [*X]: 1\n  case {'a': 1, **Z} as W: 1\ndef f(): X, Z, W",
         {*"AXZW"}),
        ("try:\n  X = 1\nexcept E as X:\n  raise\ndef f(): return X", {"X"}),
        ("X, (Y, *Z) = 1, (2, 3)\ndef f(): return Z", {"Z"}),
        ("A = 1\nif (X := A): Y = 1\ndef f(): return X", {"X", "A"}),
        ("A = 1\nB = [X := A for _ in '']\ndef f(): return X", {"X", "A"}),
        ("X = 1\ndef f(X): return X", set()),
        ("X = 1\ndef f():\n  X = 2\n  return X", set()),
        ("X = 1\ndef f():\n  global X\n  X = 2", {"X"}),
        ("X = 1\ndef f():\n  def g(): return X\n  return g", {"X"}),
        ("X = 1\ndef f():\n  X = 2\n  def g():\n    nonlocal X\n    X = 3\n  return g", set()),
        ("X = 1\nf = lambda X: X", set()),
        ("X = 1\nf = lambda: X", {"X"}),
        ("X = 1\ndef f(g=lambda X: 1): return X", {"X"}),
        ("X = 1\ndef f(): return [X for X in X]", {"X"}),
        ("X = 1\ndef f(): return {X: Y for X, Y in ()}", set()),
        ("X = 1\ndef f(*X, **Y): return X", set()),
        ("X = 1\ndef f():\n  try: pass\n  except E as X: return X", set()),
        ("X = 1\nasync def f():\n  async for X in y: return X", set()),
        ("X = 1\ndef f():\n  class X: pass\n  return X", set()),
        ("X = 1\nclass A:\n  X = 2\n  def g(self): return X\ndef f(): return A", {"A", "X"}),
        ("def f(): return f()", set()),
        ("def g(): return f()\ndef f(): return g()", {"g"}),
        ("def d(g): return g\n@d\ndef f(): pass", {"d"}),
        ("X = 1\n@d\ndef f(a: X) -> X: pass", {"X"}),
        ("X = 1\ndef f(a: X) -> X:\n  b: X\n  c: X = 1", set()),
        ("X = 1\nclass A(B, k=X): pass\ndef f(): A", {"A", "X"}),
        ("X = 1\ndef f(): return f'{X!r:>{X}}'", {"X"}),
    ],
)  # fmt: skip
def test_names_within_a_module(folder, text, expected):
    assert names(folder, text) == {"m.f"} | {f"m.{name}" for name in expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import o\ndef f(): return o.a()", {"o.a", "o.B"}),
        ("import o as p\ndef f(): return p.B.real", {"o.B"}),
        ("import o\ndef f(): return getattr(o, name)", {"o.a", "o.B", "o.C"}),
        ("import o\ndef f(): return o.made_at_run_time", {"o.a", "o.B", "o.C"}),
        ("from o import made_at_run_time as x\ndef f(): return x", {"o.a", "o.B", "o.C"}),
        ("from o import *\ndef f(): return C, len", {"o.C"}),
        ("from o import *\nC[0] = 1\ndef f(): return C", {"o.C", "m.C"}),
        ("def f():\n  import o\n  return o.C", {"o.C"}),
        ("def f():\n  from o import C as c\n  def g(): return c\n  return g", {"o.C"}),
        ("class A:\n  from o import C\n  x = C\ndef f(): return A", {"m.A", "o.C"}),
        ("import o\nX = o\ndef f(): return X", {"m.X", "o.a", "o.B", "o.C"}),
        ("import importlib\ndef f(): importlib.import_module('o')", {"o.a", "o.B", "o.C"}),
        ("if X:\n  from o import C\nelse:\n  C = 1\ndef f(): return C", {"m.C", "o.C"}),
        ("from p import C\ndef f(): return C", {"o.C"}),
        ("from q import C\ndef f(): return C", {"o.C"}),
        ("import p\ndef f(): return p", {"o.C", "p.D"}),
        ("from broken import x\ndef f(): return x", {"broken.<source>"}),
        ("import json\ndef f(): return json.dumps, nowhere", set()),
        ("from names.x import one\ndef f(): return one", {"names.x.one"}),
        ("from names import x\ndef f(): return x.one", {"names.x.one"}),
        ("import own\ndef f(): return own.part.one", {"own.part.one"}),
        ("from own import *\ndef f(): return part.one", {"own.part.one"}),
    ],
)
def test_names_across_modules(folder, text, expected):
    folder.write({"names/x.py": "one = 1"})
    folder.write({"own/__init__.py": "from . import part", "own/part.py": "one = 1"})
    found = names(
        folder,
        text,
        o="def a(): return B\nB = 1\nC = [2]",
        p="from o import C\nfrom q import *\nD = 1",
        q="from p import *\nfrom p import C",
        broken="def (",
    )
    assert found == {"m.f"} | expected


REGISTER = "TABLE = {}\ndef register(g):\n  TABLE[g.__name__] = g\n  return g\n"


@pytest.mark.parametrize(
    "text",
    [
        REGISTER + "@register\ndef one(): return 1\ndef f(x): return TABLE[x]",
        REGISTER + "def one(): return 1\nregister(one)\ndef f(x): return TABLE[x]",
        REGISTER + "def one(): return 1\nY = register(one)\ndef f(x): return TABLE[x]",
        "from table import TABLE\nimport plugin\ndef f(x): return TABLE[x]",
        "import table\nimport plugin\ndef f(x): return table.TABLE[x]",
        "TABLE = {}\ndef add(t, g): t[1] = g\ndef one(): 1\nadd(TABLE, one)\ndef f(): return TABLE",
        "class R:\n  def __call__(self, g): 1\nTABLE = R()\n@TABLE\ndef one(): 1\ndef f(): TABLE",
        "class R:\n  def add(self, g): 1\nTABLE = R()\n@TABLE.add\ndef one(): 1\ndef f(): TABLE",
        "class R:\n  all = []\n  @classmethod\n  def add(cls, g): cls.all.append(g)\n"
        "@R.add\ndef one(): 1\ndef f(): return R.all",
        "class R:\n  def __init_subclass__(cls): pass\nclass one(R): pass\ndef f(): return R",
        "class R(type): pass\nclass one(metaclass=R): pass\ndef f(): return R",
        "class R(type): pass\nclass S(metaclass=R): pass\nclass one(S): pass\ndef f(): return R",
        "import functools\n@functools.singledispatch\ndef g(x): 1\n"
        "@g.register\ndef one(x: int): 1\ndef f(): return g(1)",
        "X = 0\ndef up(g):\n  global X\n  X += 1\n@up\ndef one(): 1\ndef f(): return X",
    ],
)  # fmt: skip
def test_what_registers_itself_is_reached_by_who_uses_the_registry(folder, text):
    plugin = "from table import register as r\n@r\ndef one(): return 1\n"
    found = names(folder, text, table=REGISTER, plugin=plugin)
    assert {"m.one", "plugin.one"} & found


def test_a_registry_is_not_changed_by_who_only_reads_it_or_is_outside(folder):
    text = (
        "import dataclasses\nSIZES = (1, -2, 2 ** 3)\ndef read(x): return SIZES\n"
        "TWO = read(2)\n@dataclasses.dataclass\nclass A: pass\ndef f(): return read(1)"
    )
    assert names(folder, text) == {"m.f", "m.read", "m.SIZES"}


def test_a_subclass_is_reached_only_where_its_base_notices_it(folder):
    text = "T = {}\nclass A:\n  def g(self): return T\nclass B(A): pass\ndef f(): return T, A"
    assert names(folder, text) == {"m.f", "m.T", "m.A"}
    aware = text.replace("  def g", "  def all(self): return A.__subclasses__()\n  def g")
    assert names(folder, aware) == {"m.f", "m.T", "m.A", "m.B"}


def test_what_is_stored_in_a_class_belongs_to_it(folder):
    text = "class R:\n  all = dict()\nR.all['one'] = 1\ndef f(): return R.all"
    one, two = reached(folder, text), reached(folder, text.replace("= 1", "= 2"))
    assert changed(one, two) == {"m.R"}


def test_annotations_count_in_class_bodies(folder):
    one = reached(folder, "class A:\n  'text'\n  x: int\n  ...\ndef f(): return A")
    two = reached(folder, "class A:\n  x: float\ndef f(): return A")
    assert changed(one, two) == {"m.A"}
    assert one == reached(folder, "class A:\n  x: int\ndef f(): return A")


def test_the_framework_is_followed_but_not_its_vocabulary(folder):
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


def typed(text: str, **scope) -> types.FunctionType:
    """A function that was typed at a prompt."""
    scope |= {"__name__": "__main__"}
    exec(compile(text, "<stdin>", "exec"), scope)
    return scope["f"]


def test_functions_without_a_source():
    text = "def f(x=1, *, y=2):\n  def g(): return (1, b'a')\n  return g"
    one = CodeIndex().reached(typed(text))
    assert one == CodeIndex().reached(typed(text))
    for other in (text.replace("1,", "1.0,"), text.replace("=1", "=3")):
        assert one.graph != CodeIndex().reached(typed(other)).graph


def test_what_functions_without_a_source_use():
    text = "class K:\n  def m(self): return Z\nZ = 3\ndef h(): return K\ndef f(): return h(), W, V"
    scope = {"W": frozenset([(1, None)]), "V": object()}
    found = CodeIndex().reached(typed(text, **scope)).symbols
    assert [*found] == [
        *("__main__.K.m", "__main__.K.m(Z)", "__main__.f", "__main__.f(V)", "__main__.f(W)"),
        "__main__.h",
    ]
    again = CodeIndex().reached(typed(text.replace("= 3", "= 4"), **scope)).symbols
    assert changed(found, again) == {"__main__.K.m(Z)"}


def test_what_a_closure_holds_counts():
    def make(number, helper):
        def inner():
            return number, helper, later

        if number < 0:
            later = None
        return inner

    index = CodeIndex()
    base = index.reached(make(1, changed)).symbols
    name = f"{__name__}.test_what_a_closure_holds_counts.<locals>.make.<locals>.inner"
    assert f"{name}(number)" in base
    assert f"{__name__}.changed" in base
    assert changed(base, index.reached(make(2, changed)).symbols) == {f"{name}(number)"}
    assert f"{name}(helper)" not in index.reached(make(1, functools.wraps)).symbols


def test_what_wraps_a_function_counts_too(project):
    function = project.function("proj/work.py", "proj.work", "main")
    cached = CodeIndex().reached(functools.lru_cache(function))
    assert cached.symbols == project.reached()
    wrapped = CodeIndex().reached(functools.wraps(function)(lambda: 1)).symbols
    assert {*project.reached(), f"{__name__}.test_what_wraps_a_function_counts_too"} <= {*wrapped}


def test_only_functions_are_followed():
    with pytest.raises(TypeError, match=r"expected a function, found <built-in function len>"):
        CodeIndex().reached(len)


def test_nothing_is_imported(project):
    before = set(sys.modules)
    project.reached()
    assert not {name for name in set(sys.modules) - before if name.startswith("proj")}
