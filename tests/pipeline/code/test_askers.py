"""Who asks: a stage, or a library on its own account."""

import os
import sys
import types

from pipeline.code.observe import observed


def test_what_numba_asks_to_compile_is_not_of_the_stage(tmp_path, monkeypatch):
    """But what it calls of a project is."""
    monkeypatch.setitem(sys.modules, "numba", types.ModuleType("numba"))
    (tmp_path / "kept.nbi").write_text("1")
    (tmp_path / "table.txt").write_text("1")
    numba = {"__name__": "numba.core.caching", "os": os}
    exec("def call(function, *words): return function(*words)", numba)
    numba["call"].__code__ = numba["call"].__code__.replace(co_filename="/site-packages/numba/c.py")
    with observed(()) as recorder:
        numba["call"](open, tmp_path / "kept.nbi").close()
        numba["call"](os.stat, tmp_path / "kept.nbi")
        numba["call"](os.environ.get, "NUMBA_OPT")
        numba["call"](lambda: open(tmp_path / "table.txt").close())
    assert list(recorder.opened) == [str(tmp_path / "table.txt")]
    assert not recorder.asked
    assert not recorder.environment
