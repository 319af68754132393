"""The curve as text: everything has its place, in any width and any characters."""

from __future__ import annotations

import io

import pytest

from pipeline.events.console import Console
from stages.commands.lr_find.curve import rates_between, suggest
from stages.commands.lr_find.text import MARGIN, ROWS, draw


def curve(**changes):
    rates = rates_between(1e-4, 1.0, 41)
    losses = [max(2.4 - 0.05 * step, 1.4) for step in range(38)] + [2.0, 4.0, 1e30]
    found = {"rates": rates, "losses": losses, "smoothed": losses, "blew_up": 1.0}
    return found | {"suggestion": suggest(rates, losses, losses)} | changes


def console(encoding: str = "utf-8", columns: int = 80) -> Console:
    class Wide(Console):
        @property
        def columns(self) -> int:
            return columns

    return Wide(io.TextIOWrapper(io.BytesIO(), encoding))


def test_the_line_falls_and_leaves_at_the_top():
    *lines, axis, labels = draw(curve(), console()).splitlines()
    assert len(lines) == ROWS
    braille = [{x for x, sign in enumerate(line) if "\u2800" < sign <= "\u28ff"} for line in lines]
    assert min(braille[-1], default=99) > min(braille[6])  # lower is further to the right
    assert max(braille[0]) > max(braille[9])  # and in the end it is at the top
    assert lines[0].endswith("✕")
    assert axis.startswith(" " * (MARGIN - 1) + "└┬")
    assert labels.split() == ["0.0001", "0.001", "0.01", "0.1", "1"]


def test_the_suggestion_stands_over_its_rate():
    *lines, axis, labels = draw(curve(suggestion=0.01), console()).splitlines()
    place = axis.index("▲")
    assert place == labels.index("0.01") + 2
    assert sum(line[place : place + 1] == "┊" for line in lines) >= ROWS - 3
    plain = draw(curve(suggestion=None, blew_up=None), console())
    assert not {"▲", "┊", "✕"} & set(plain)


@pytest.mark.parametrize("columns", [1, 40, 57, 80, 100, 300])
def test_the_width_is_that_of_the_console(columns):
    lines = draw(curve(), console(columns=columns)).splitlines()
    widest = max(map(len, lines))
    assert widest <= max(min(columns, 100), 40)
    assert widest >= min(max(columns, 40), 100) - 1


def test_a_terminal_without_these_characters_gets_others():
    text = draw(curve(), console("ascii"))
    assert text.isascii()
    assert {"o", "^", ":", "x"} <= set(text)


def test_the_axis_of_loss_spans_the_window():
    lines = draw(curve(), console()).splitlines()
    values = [float(line[: MARGIN - 2]) for line in lines[:ROWS:3]]
    assert values == sorted(values, reverse=True)
    assert values[0] == 3.4
    assert values[-1] < 1.4


def test_two_steps_are_enough_for_a_picture():
    few = curve(rates=[0.1, 0.2], losses=[2.0, 2.1], smoothed=[2.0, 2.1], suggestion=None)
    assert draw(few, console())
