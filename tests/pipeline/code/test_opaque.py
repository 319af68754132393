"""Values that `pickle` does not keep count by what can be read of them; others are named."""

from __future__ import annotations

import importlib
import sys

import pytest

from pipeline.code import CodeIndex

# What a module makes of the number K when it is imported, each time as V.
SHAPES = {
    "a context variable": "from contextvars import ContextVar\nV = ContextVar('V', default=K)",
    "one that is set": "from contextvars import ContextVar\nV = ContextVar('V')\nV.set(K)",
    "threading.local": "import threading\nV = threading.local()\nV.x = K",
    "a generator": "V = (x for x in [K])",
    "an open file": "V = open('data.txt')",
    "a queue": "import queue\nV = queue.SimpleQueue()\nV.put(K)",
    "a database": "import sqlite3\nV = sqlite3.connect(':memory:')\n"
    "V.execute('create table t(x)')\nV.execute('insert into t values (?)', [K])",
    "a cache that is full": "import functools\n@functools.lru_cache\ndef V(): return K0\nV()",
    "a cache without bound": "import functools\n@functools.cache\ndef V(): return K0\nV()",
    "a hash": "import hashlib\nV = hashlib.sha256(b'x' * K)",
    "a struct": "import struct\nV = struct.Struct('i' * K)",
    "a code object": "V = compile(f'1 + {K}', 'x', 'eval')",
    "a key": "import functools\ndef mk(k): return lambda a, b: k\nV = functools.cmp_to_key(mk(K))",
    "a module": "import types\nV = types.ModuleType('m')\nV.k = K",
    "a property of its own": "class P(property): pass\ndef mk(k): return lambda s: k\n"
    "class V:\n    p = P(mk(K))",
    "names for patterns": "class V:\n    __match_args__ = tuple('ab'[:K])",
    "registered classes": "import abc\nclass V(abc.ABC): pass\nif K > 1: V.register(int)",
    "a docstring": "def V(): pass\nV.__doc__ = str(K)",
    "a docstring of a class": "class V: pass\nV.__doc__ = str(K)",
    "a name": "def V(): pass\nV.__name__ = str(K)",
    "an annotation": "def V(): pass\nV.__annotations__['x'] = K",
    "a logger's level": "import logging\nV = logging.getLogger('zz')\nV.setLevel(K)",
    "what a logger adds": "import logging\n"
    "V = logging.LoggerAdapter(logging.getLogger('zz'), {'k': K})",
    "a random state": "import random\nrandom.seed(K)\nV = random",
}
LOOKS = "def f(): return V, V.__doc__, V.__name__, V.__annotations__, V.level, V.extra\n"


@pytest.fixture
def graphs(tmp_path, monkeypatch):
    """The graphs of the function of a module that was imported with other data each time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def look(text: str) -> list:
        (tmp_path / "shaped.py").write_text(
            f"from pathlib import Path\nK0 = K = int(Path('data.txt').read_text())\n{text}\n"
            f"del K, K0\n{LOOKS}"
        )
        found = []
        for data in "112":
            (tmp_path / "data.txt").write_text(data)
            sys.modules.pop("shaped", None)
            importlib.invalidate_caches()
            monkeypatch.setattr("pipeline.code.package_state._first", {})
            module = importlib.import_module("shaped")  # before: what comes later is of stages
            found.append(CodeIndex().reached(module.f))
            getattr(getattr(module, "V", None), "close", int)()  # or it warns in another test
        del sys.modules["shaped"]
        return found

    return look


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("name", SHAPES)
def test_what_it_was_made_of_counts(graphs, name):
    one, again, other = graphs(SHAPES[name])
    assert one.graph == again.graph != other.graph
    assert not one.opaque


def test_what_has_no_content_is_named(graphs):
    one, _, other = graphs("import zlib\nV = [zlib.compressobj(K)]")
    assert one.graph == other.graph
    assert one.opaque == ("shaped.V, a zlib.Compress",)


def test_what_is_nested_without_end_is_named(graphs):
    one, *_ = graphs("V = []\nfor _ in range(5000): V = [V]")
    assert one.opaque == ("shaped.V, a list of any depth",)
