"""The tests that coverage need not look at."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.imports import ROOT
from tests.untraced import WORTH, covered, enough, function_of, listed, named


def arcs(*lines: int) -> set[tuple[str, int, int]]:
    return {("a.py", line, line + 1) for line in lines}


def test_what_is_chosen_covers_all_in_little_time():
    covers = {"slow": arcs(1, 2, 3), "a": arcs(1, 2), "b": arcs(3), "again": arcs(2)}
    seconds = {"slow": 9.0, "a": 0.1, "b": 0.1, "again": 0.1}
    assert enough(covers, seconds) == {"a", "b"}
    assert enough(covers | {"slow": arcs(1, 2, 3, 4)}, seconds) == {"slow"}
    assert enough({"none": set()}, {"none": 1.0}) == set()


def test_a_test_is_named_once_where_none_of_its_cases_is_needed():
    seconds = {"x[1]": WORTH, "x[2]": WORTH / 2, "y[1]": WORTH, "y[2]": WORTH, "z": WORTH / 2}
    assert [*named({"x[1]", "x[2]", "y[2]", "z"}, seconds)] == ["x", "y[2]"]


def test_what_a_test_covers_is_what_its_fixtures_do_too(tmp_path):
    with closing(sqlite3.connect(tmp_path / "data")) as data:
        data.executescript("""
            create table context (id, context); create table file (id, path);
            create table arc (file_id, context_id, fromno, tono);
            insert into context values (1, ''), (2, 't[a|b]|setup'), (3, 't[a|b]|run');
            insert into file values (1, 'a.py');
            insert into arc values (1, 1, 1, 2), (1, 2, 2, 3), (1, 3, 3, 4);
        """)
    assert covered(tmp_path / "data") == {"": arcs(1), "t[a|b]": arcs(2, 3)}


def test_every_test_that_is_listed_is_there():
    for name in map(function_of, listed()):
        path, *_, function = name.split("::")
        text = (ROOT / path).read_text("utf-8")
        assert f"def {function}(" in text or "globals().update(" in text, name
