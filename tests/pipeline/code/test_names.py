"""Which names a function reaches, within a module, across modules and from outside."""

import zipfile

import pytest

from pipeline.errors import CodeError
from tests.pipeline.code.projects import changed, names, reached


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


@pytest.mark.parametrize("name", ["__file__", "__path__", "__spec__"])
def test_where_a_module_lies_does_not_count_and_what_is_in_it_does(folder, name):
    for line, file in (("import o", "o"), ("from p import o", "p/o")):
        body = f"{line}\ndef f(): return open(o.{name})"
        one = reached(folder, body, **{file: "X = 1\n"})
        assert not [symbol for symbol in one if name in symbol]
        assert changed(one, reached(folder, body, **{file: "X = 2\n"}))


@pytest.mark.parametrize("call", ['d.query("a > @X")', "d.eval(f'a + @X * {d}')"])
def test_a_name_in_a_text_that_a_table_is_asked_by_counts(folder, call):
    one, two = (reached(folder, f"X = {n}\nY = {n}\ndef f(d): return {call}") for n in "12")
    assert changed(one, two) == {"m.X"}


def test_a_module_in_an_archive_is_refused_in_one_line(folder, monkeypatch):
    with zipfile.ZipFile(folder.root / "lib.zip", "w") as archive:
        archive.writestr("packed_module.py", "def g(): return 1")
    monkeypatch.syspath_prepend(str(folder.root / "lib.zip"))
    with pytest.raises(CodeError, match=r"packed_module.py: expected modules .* unpack it"):
        reached(folder, "from packed_module import g\ndef f(): return g()")
