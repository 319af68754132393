"""Functions without a source, closures, and what wraps a function: all are followed."""

import functools
import types

import pytest

from pipeline.code import CodeIndex
from tests.pipeline.code.projects import changed


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


def test_what_dataclass_writes_adds_nothing_and_what_others_write_counts():
    """Also where both have no source but a text that `exec` was given."""
    text = (
        "from dataclasses import dataclass\n@dataclass(frozen=True, order=True)\n"
        "class D:\n  a: int = 1\ndef f(): return D"
    )
    found = [*CodeIndex().reached(typed(text)).symbols]
    assert found == ["__main__.f"], found
    scope: dict = {"__name__": "__main__"}
    exec("def m(self): return 1", scope)
    one = typed(text.replace("return D", "D.m = m; return D"), m=scope["m"])
    one.__globals__["D"].m = scope["m"]
    assert "__main__.m" in CodeIndex().reached(one).symbols


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
    assert f"{changed.__module__}.changed" in base
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


@pytest.mark.parametrize(
    "text",
    [
        "class M(type):\n  def __call__(self): return {}\n"
        "class D(metaclass=M): pass\ndef f(): return D()",
        "K = {}\ndef f(d): return d.query('a > @K')",
    ],
)
def test_a_metaclass_and_names_in_texts_count(text):
    one, two = (CodeIndex().reached(typed(text.format(n))) for n in (1, 2))
    assert one.graph != two.graph
    assert one.graph == CodeIndex().reached(typed(text.format(1))).graph
