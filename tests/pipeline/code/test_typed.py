"""What functions without a source use: modules that they import, names in texts, settings of
packages, and what a cell has put into a package. What is set counts; the same again does not."""

import csv
import decimal
import string
import sys
import types

import pytest

from pipeline.code import CodeIndex
from pipeline.code.bytecode import code_text


def graph(scope, text="") -> str:
    """What `f` reaches, once `text` was typed, too."""
    exec(compile(text, "<stdin>", "exec"), scope)
    return CodeIndex().reached(scope["f"]).graph


def typed(text: str) -> dict:
    scope: dict = {"__name__": "__main__"}
    exec(compile(text, "<stdin>", "exec"), scope)
    return scope


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module of a project, which a cell may import."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "typed_one").mkdir()
    (tmp_path / "typed_one" / "__init__.py").write_text("")
    (tmp_path / "typed_one" / "inner.py").write_text("K = 1\n\n\ndef g():\n    return K\n")
    yield "typed_one.inner"
    for name in [name for name in sys.modules if name.partition(".")[0] == "typed_one"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "body",
    [
        "import {m}\n  return {m}.K",
        "import {m} as one\n  return one.g()",
        "from {m} import K\n  return K",
        "from typed_one import inner\n  return inner.g()",
        "import importlib\n  return importlib.import_module('{m}').K",
        "import sys\n  return sys.modules['{m}'].K",
        "def h():\n    from {m} import K\n    return K\n  return h()",
    ],
)
def test_what_a_cell_imports_inside_a_function_counts(module, body):
    scope = typed(f"def f():\n  {body.format(m=module)}")
    before = graph(scope)
    assert graph(scope) == before  # it is loaded now
    assert graph(scope, f"import {module}, sys; sys.modules['{module}'].K = 2") != before


@pytest.mark.parametrize(
    "text",
    [
        "globals()['K']",
        "globals().get('K')",
        "eval('K + 1')",
        "exec('r = K + 1', globals())",
        "[eval(one) for one in ('1', 'K')]",
        "__import__('__main__').K",
    ],
)
def test_names_in_texts_count(text):
    scope = typed(f"K = 1\nother = 1\ndef f(): return {text}")
    before = graph(scope)
    assert graph(scope, "other = 2") == before
    assert graph(scope, "K = 2") != before


def test_what_is_imported_from_the_notebook_itself_counts():
    for body in ("import __main__\n  return __main__.K", "from __main__ import K\n  return K"):
        scope = typed(f"K = 1\nother = 1\ndef f():\n  {body}")
        before = graph(scope)
        assert graph(scope, "other = 2") == before
        assert graph(scope, "K = 2") != before


def test_a_name_that_is_computed_is_named():
    found = CodeIndex().reached(typed("def f(n): return globals()[n]")["f"]).opaque
    assert found == ("what the function holds, a name that globals gets when it runs",)
    assert CodeIndex().reached(typed("def f(m): return m.eval(), vars(m)")["f"]).opaque == ()


@pytest.mark.parametrize(
    ("looks", "one", "two"),
    [
        ("g.__doc__", "def g(): 'a'", "def g(): 'b'"),
        ("g.__name__", "def g(): pass", "def h(): pass\ng = h"),
        ("g.__annotations__", "def g(x: int): pass", "def g(x: float): pass"),
        ("getattr(g, '__doc__')", "class g: 'a'", "class g: 'b'"),
    ],
)
def test_what_a_cell_looks_at_of_another_counts(looks, one, two):
    scope = typed(f"{one}\ndef f(): return {looks}")
    before = graph(scope)
    assert graph(scope, one) == before
    assert graph(scope, two) != before
    blind = typed(f"{one}\ndef f(): return g")
    assert graph(blind) == graph(blind, two.partition("\n")[0].replace("float", "int"))


def test_settings_of_packages_count_as_they_are_now():
    scope = typed("import decimal, csv\ndef f(): return decimal.Decimal(1) / 3")
    local = typed("def f():\n  import decimal\n  return decimal.Decimal(1) / 3")
    table = typed("import csv\ndef f(): return csv.reader([])")
    before = graph(scope), graph(local)
    other = graph(table)
    with decimal.localcontext(prec=5):
        assert graph(scope) != before[0]
        assert graph(local) != before[1]
        assert graph(table) == other
    assert (graph(scope), graph(local)) == before
    csv.register_dialect("typed", delimiter="|")
    try:
        assert graph(table) != other
    finally:
        csv.unregister_dialect("typed")


def test_what_a_cell_puts_into_a_package_counts(monkeypatch):
    scope = typed("import string\ndef f(): return string.capwords('a'), string.Template('$a')")
    other = typed("import string\ndef f(): return string.digits")
    before, beside = graph(scope), graph(other)
    mine = typed("def mine(*_): return 1")["mine"]
    monkeypatch.setattr(string, "capwords", mine)
    changed = graph(scope)
    assert changed != before
    monkeypatch.setattr(string.Template, "substitute", mine)
    assert graph(scope) not in (before, changed)
    assert graph(other) == beside
    monkeypatch.setattr(string, "digits", "01")
    assert graph(other) != beside


def test_what_a_cell_adds_to_pythons_own_names_counts(monkeypatch):
    mine, yours = (typed(f"def mine(): return {n}")["mine"] for n in (1, 2))
    scope = typed("def f(): return typed_word()")
    monkeypatch.setattr("builtins.typed_word", mine, raising=False)
    before = graph(scope)
    monkeypatch.setattr("builtins.typed_word", yours)
    assert graph(scope) != before


def test_what_an_exception_reaches_is_part_of_the_code():
    def protected(offset: int) -> types.CodeType:
        code = typed("def f():\n  try: g()\n  except ValueError: pass")["f"].__code__
        table = code.co_exceptiontable
        return code.replace(co_exceptiontable=bytes([table[0], table[1] + offset, *table[2:]]))

    assert code_text(protected(0)) != code_text(protected(1))
