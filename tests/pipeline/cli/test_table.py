"""Tables: whole where they fit or go to a file, else with fewer and narrower columns."""

import io
import sys

from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.table import align, whole_width
from pipeline.events.fitting import columns

ROWS = [
    ["run", "written", "test", "configuration"],
    ["3f0f7bd6", "2026-11-24 18:26", "64.75%", "fast damping=0.2 val_fraction=0.2"],
    ["9f10a910", "2026-11-24 18:23", "–", "default"],
]


def test_a_table_that_fits():
    assert align(ROWS, right=(2,)).splitlines() == [
        "run       written             test  configuration",
        "3f0f7bd6  2026-11-24 18:26  64.75%  fast damping=0.2 val_fraction=0.2",
        "9f10a910  2026-11-24 18:23       –  default",
    ]
    assert align([]) == ""


def test_the_widest_column_is_cut_first_then_columns_go():
    assert align(ROWS, right=(2,), drop=(1,), shorten=(3,), width=50).splitlines() == [
        "run       written             test  configuration",
        "3f0f7bd6  2026-11-24 18:26  64.75%  fast damping=…",
        "9f10a910  2026-11-24 18:23       –  default",
    ]
    assert align(ROWS, right=(2,), drop=(1,), shorten=(3,), width=40).splitlines() == [
        "run         test  configuration",
        "3f0f7bd6  64.75%  fast damping=0.2 val_…",
        "9f10a910       –  default",
    ]


@given(
    st.lists(st.lists(st.text("ab c/→猫", max_size=40), min_size=4, max_size=4), max_size=5),
    st.integers(5, 130),
    st.permutations(range(4)).flatmap(lambda p: st.integers(0, 4).map(lambda n: p[:n])),
)
def test_no_line_is_ever_longer_than_the_terminal_is_wide(rows, width, drop):
    for line in align(rows, right=(2,), drop=drop, width=width).split("\n"):
        assert columns(line) <= width


def test_columns_stand_below_each_other_whatever_the_script():
    rows = [["猫猫", "1"], ["cat", "20"]]
    assert align(rows, right=(1,)).splitlines() == ["猫猫   1", "cat   20"]
    assert whole_width(rows) == 8


def test_what_an_ascii_terminal_spells_out_counts_as_it_is_shown(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    rows = [["猫", "lr: 0.01 → 0.02; hidden: 512 → 256"], ["tests", "…"]]
    assert align(rows, width=30).splitlines() == [
        "\\u732b  lr: 0.01 -> 0.02; h...",
        "tests   ...",
    ]
