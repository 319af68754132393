"""Answers that are remembered: as long as all is as it was, and for each way of starting."""

import json
import sys

import pytest

from pipeline.code import CodeIndex, graph, tables
from pipeline.code.remembered import Answers
from tests.pipeline.code.projects import Folder

PACKAGE = """
class Base:
    pass

def main():
    return [one.__name__ for one in Base.__subclasses__()]
"""


@pytest.fixture
def walks(monkeypatch):
    """The walks that are carried out; sources count as old at once."""
    monkeypatch.setattr("pipeline.code.tables.SETTLED_NS", -1)
    monkeypatch.setattr("pipeline.code.remembered.SETTLED_NS", -1)
    seen, walk = [], graph.Walk.reached

    def counted(self, start, root):
        seen.append(start)
        return walk(self, start, root)

    monkeypatch.setattr(graph.Walk, "reached", counted)
    return seen


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A module that is imported, whose function asks for the classes that derive from one."""
    Folder(tmp_path).write({"derived_shop.py": PACKAGE})
    monkeypatch.syspath_prepend(tmp_path)
    yield __import__("derived_shop")
    del sys.modules["derived_shop"]


def test_derived_classes_are_among_what_an_answer_rests_on(shop, tmp_path, walks):
    memo = tmp_path / ".code.json"
    first = CodeIndex(memo).reached(shop.main)
    assert "subclasses" in first.words
    walks.clear()
    again = CodeIndex(memo).reached(shop.main)
    assert (again.graph, again.symbols, again.modules) == (
        first.graph,
        first.symbols,
        first.modules,
    )
    assert not walks, "though nothing has changed"
    shop.More = type("More", (shop.Base,), {"__module__": "derived_shop"})
    assert CodeIndex(memo).reached(shop.main).graph != first.graph
    assert walks


def test_ways_of_starting_stand_side_by_side(shop, tmp_path, walks, monkeypatch):
    memo = tmp_path / ".code.json"
    CodeIndex(memo).reached(shop.main)
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    CodeIndex(memo).reached(shop.main)
    walks.clear()
    CodeIndex(memo).reached(shop.main)
    sys.path.pop(0)
    CodeIndex(memo).reached(shop.main)
    assert not walks


def test_what_is_main_is_no_module_of_the_project(folder_of, monkeypatch):
    """Started by `python -m`, or by a script: it is the same function."""
    folder, main = folder_of
    before = folder.reached("work.py", "work")
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert folder.reached("work.py", "work") == before


def test_the_framework_is_not_read_for_what_a_program_calls(tmp_path, monkeypatch):
    """150 files, for nothing that could change a result: seconds of a first plan."""
    work = """
        from pipeline.cli.main import run_cli
        from pipeline.cli.program import Program, make_cli
        from pipeline.graph import Pipeline

        def main(): return 1

        PROGRAM = Program(Pipeline(), "p", "A program.", "1")

        def start(): return run_cli(make_cli(PROGRAM))

        if __name__ == "__main__":
            start()
        """
    Folder(tmp_path).write({"calls_much.py": work})
    monkeypatch.syspath_prepend(tmp_path)
    main = __import__("calls_much").main
    seen, read = [], tables.Tables._table

    def counted(self, module, *more):
        seen.append(module.name)
        return read(self, module, *more)

    monkeypatch.setattr(tables.Tables, "_table", counted)
    CodeIndex().reached(main)
    assert "calls_much" in seen
    assert len(seen) < 30


@pytest.fixture
def folder_of(tmp_path, monkeypatch):
    """A function that asks for the main module, and a package that is run by `python -m`."""
    folder = Folder(tmp_path)
    folder.write(
        {
            "work.py": "import sys\ndef main(): return sys.modules['__main__']\n",
            "tool/__init__.py": "",
            "tool/__main__.py": "X = 1\n",
        }
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield folder, __import__("tool.__main__").__main__
    del sys.modules["tool"], sys.modules["tool.__main__"]


def test_rows_that_no_answer_names_are_dropped():
    answers = Answers(
        ["unused", "path", "module"], {"f": [[1], [[2, [1]]], [2], {}], "g": "damaged"}
    )
    rows, kept = json.loads(answers.packed())
    assert rows == ["path", "module"]
    assert kept == {"f": [[0], [[1, [0]]], [1], {}]}


def test_of_two_functions_by_one_name_each_has_an_answer_of_its_own(tmp_path, monkeypatch, walks):
    Folder(tmp_path).write({"twice.py": "def f(): return 1\n\nKEPT = [f]\n\ndef f(): return 2\n"})
    monkeypatch.syspath_prepend(tmp_path)
    twice = __import__("twice")
    try:
        memo = tmp_path / ".code.json"
        first, last = (CodeIndex(memo).reached(one).graph for one in (*twice.KEPT, twice.f))
        assert first != last
        walks.clear()
        assert CodeIndex(memo).reached(twice.KEPT[0]).graph == first
        assert CodeIndex(memo).reached(twice.f).graph == last
        assert not walks, "both are remembered"
    finally:
        del sys.modules["twice"]
