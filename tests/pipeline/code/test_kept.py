"""What one stage has read into a cache belongs to the later ones that find it there."""

from __future__ import annotations

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline import Pipeline, find_files, plan, run

HELPERS = """
import array
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

FOUND = {}
ROOM = array.array("b", bytes(5))
POOL = ThreadPoolExecutor(1)


def read(name):
    return Path(name).read_text()


@cache
def cached(name):
    return read(name)


def by_hand(name):
    if name not in FOUND:
        FOUND[name] = read(name)
    return FOUND[name]


def in_place(name):
    if not ROOM[0]:
        ROOM[:] = array.array("b", read(name).encode())
    return ROOM.tobytes().decode()


def in_a_pool(name):
    return POOL.submit(read, name).result()
"""
FLOW = """
import time

import helpers
from pipeline import Pipeline, stage


@stage(outputs=("a",))
def first():
    return len(helpers.{0}("{1}"))


@stage(outputs=("b",))
def second(a):
    return helpers.{0}("k.txt")


@stage(outputs=("c",))
def failing():
    helpers.cached("k.txt")
    raise ValueError("no")


@stage(outputs=("d",), over={{"n": [*range(40)]}})
def each(n):
    return helpers.cached("k.txt")


@stage(outputs=("e",))
def beside():
    time.sleep(0.2)
    return helpers.cached("k.txt")


@stage(outputs=("f",))
def other():
    return helpers.cached("k.txt")
"""


@pytest.fixture
def flow(tmp_path, monkeypatch):
    """A module with stages that call `helpers.<how>`, `first` with a file of this name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "k.txt").write_text("seven")
    (tmp_path / "j.txt").write_text("xx")

    def make(how: str = "cached", first: str = "k.txt"):
        (tmp_path / "helpers.py").write_text(HELPERS)
        (tmp_path / "kept_flow.py").write_text(FLOW.format(how, first))
        importlib.invalidate_caches()
        return importlib.import_module("kept_flow")

    yield make
    for name in ("helpers", "kept_flow"):
        sys.modules.pop(name, None)


def statuses(*stages) -> dict[str, str]:
    return {one.stage.name: one.status for one in plan(Pipeline(*stages), store="s")}


@pytest.mark.parametrize("how", ["cached", "by_hand", "in_place", "in_a_pool"])
def test_a_file_that_an_earlier_stage_has_read_counts(flow, tmp_path, how):
    flow = flow(how)
    run(Pipeline(flow.first, flow.second), store="s")
    assert statuses(flow.first, flow.second) == {"first": "cached", "second": "cached"}
    (tmp_path / "k.txt").write_text("eight")  # as long as it was: the first one makes the same
    flow.helpers.cached.cache_clear()  # as in another process
    flow.helpers.FOUND.clear()
    flow.helpers.ROOM[:] = type(flow.helpers.ROOM)("b", bytes(5))
    run(Pipeline(flow.first), store="s")
    assert statuses(flow.first, flow.second)["second"] == "runs"


def test_a_module_that_must_not_be_imported_is_passed_over(flow, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "blocked", None)
    flow = flow("by_hand")
    run(Pipeline(flow.first, flow.second), store="s")
    assert statuses(flow.first, flow.second) == {"first": "cached", "second": "cached"}


def test_files_that_no_cache_holds_do_not(flow, tmp_path):
    flow = flow("read", "j.txt")
    run(Pipeline(flow.first, flow.second), store="s")
    (tmp_path / "j.txt").write_text("yy")
    run(Pipeline(flow.first), store="s")
    assert statuses(flow.first, flow.second)["second"] == "cached"


def test_a_cache_that_was_filled_from_what_a_file_held_is_named(flow, tmp_path, capsys):
    flow = flow()
    run(Pipeline(flow.first, flow.second), store="s")
    (tmp_path / "k.txt").write_text("eight")
    assert run(Pipeline(flow.first, flow.second), store="s")["b"] == "seven"
    assert "what " + str(tmp_path / "k.txt") + " held when a cache" in capsys.readouterr().err
    assert statuses(flow.first, flow.second)["first"] == "runs"  # it is not taken for true
    flow.helpers.cached.cache_clear()
    assert run(Pipeline(flow.first, flow.second), store="s")["b"] == "eight"
    assert statuses(flow.first, flow.second) == {"first": "cached", "second": "cached"}


def test_what_a_stage_read_that_failed_counts(flow, tmp_path):
    flow = flow()
    with pytest.raises(ValueError, match="no"):
        run(Pipeline(flow.failing), store="s")
    run(Pipeline(flow.other), store="s")
    (tmp_path / "k.txt").write_text("eight")
    assert statuses(flow.other) == {"other": "runs"}


def test_groups_of_items_and_stages_side_by_side(flow, tmp_path):
    flow = flow()
    run(Pipeline(flow.each, flow.beside, flow.other), store="s", executor=ThreadPoolExecutor(3))
    before = statuses(flow.each, flow.beside, flow.other)
    assert {*before.values()} == {"cached"}
    (tmp_path / "k.txt").write_text("eight")
    decisions = plan(Pipeline(flow.each, flow.beside, flow.other), store="s")
    assert {one.status for one in decisions} == {"runs"}
    assert "40 of 40 items run" in next(d.reason for d in decisions if d.stage.name == "each")


def test_the_folder_of_a_file_that_was_found_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p/cat").mkdir(parents=True)
    (tmp_path / "p/cat/1.txt").write_text("x")
    before = run(Pipeline(find_files("texts", "p/*/*.txt")), store="s")["texts"]
    (tmp_path / "p/cat").rename(tmp_path / "p/dog")
    after = run(Pipeline(find_files("texts", "p/*/*.txt")), store="s")["texts"]
    assert before.digest() != after.digest()
    assert after.from_json(after.to_json()) == after
    (tmp_path / "p").rename(tmp_path / "q")
    moved = run(Pipeline(find_files("texts", "q/*/*.txt")), store="s")["texts"]
    assert moved.digest() == after.digest()
    with pytest.raises(ValueError, match="expected the last parts"):
        after.from_json({"files": [{**after.to_json()["files"][0], "below": "cat/1.txt"}]})
