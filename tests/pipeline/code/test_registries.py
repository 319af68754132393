"""What registers itself is reached by who uses the registry."""

import pytest

from tests.pipeline.code.projects import changed, names, reached

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


def test_what_a_decorator_registers_in_a_package_is_reached_by_who_uses_that(folder):
    plugin = "import pandas as p\n@p.api.register_accessor('x')\nclass One:\n  X = 1\n"
    text = "import pandas, plugin\ndef f(): return pandas.DataFrame().x\ndef g(): return 1"
    assert "plugin.One" in names(folder, text, plugin=plugin)
    other = plugin.replace("register_accessor", "accessor")
    assert "plugin.One" not in names(folder, text, plugin=other)
