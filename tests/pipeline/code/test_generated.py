"""What `dataclass` and `namedtuple` made methods from counts, wherever it came from."""

import pytest

from pipeline.code import CodeIndex
from tests.pipeline.code.test_sourceless import typed

IMPORTS = (
    "from collections import namedtuple\n"
    "from dataclasses import dataclass, field, make_dataclass\n"
    "from functools import wraps\n"
)
POINT = "@dataclass\nclass D:\n  a: int = 1\n"
WRAP = "def wrap(m, k):\n  @wraps(m)\n  def inner(*a): m(*a, k)\n  return inner\n"


@pytest.mark.parametrize(
    "text",
    [
        "@dataclass(eq=k > 1)\nclass D:\n  a: int = 1\n",
        "@dataclass(slots=True)\nclass D:\n  a: int = k\n",
        "@dataclass\nclass D:\n  a: int = field(compare=k > 1)\n",
        "@dataclass\nclass D:\n  a: int = field(repr=k > 1)\n",
        "@dataclass\nclass D:\n  a: int = field(default=1, metadata={'k': k})\n",
        "def build(k): return make_dataclass('D', [('a', int, field(default_factory=lambda: k))])\n"
        "D = build(k)\n",
        "D = make_dataclass('D', [str(k).replace('1', 'a').replace('2', 'b')])\n",
        "D = namedtuple('D', 'a', defaults=[k])\n",
        f"{POINT}D.__init__.__defaults__ = (k,)\n",
        f"{POINT}{WRAP}D.__init__ = wrap(D.__init__, k)\n",
        f"{POINT}{WRAP}D.__repr__ = wrap(D.__repr__, k)\n",
        f"{POINT}def mk(k): return lambda self: k\nD.__hash__ = mk(k)\n",
        f"{POINT}made = {{}}\nexec(f'def __eq__(a, b): return {{k}}', made)\n"
        "D.__eq__ = made['__eq__']\n",
    ],
)
def test_values_that_methods_were_made_from_count(text):
    def graph(k: int) -> object:
        return CodeIndex().reached(typed(f"{IMPORTS}{text}def f(): return D", k=k)).graph

    assert graph(1) == graph(1)
    assert graph(1) != graph(2)
