"""Lines for people fit their terminal, whatever signs it has."""

import io

import pytest

from pipeline.events.bars import BarReporter
from pipeline.events.console import Console
from pipeline.events.lines import LineReporter


@pytest.mark.parametrize("kind", [LineReporter, BarReporter])
def test_no_line_is_too_long_for_a_terminal_without_our_signs(kind, monkeypatch):
    monkeypatch.setattr(Console, "columns", 60)
    monkeypatch.setattr(Console, "width", 59)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    reporter = kind(stream)
    reporter.stage_started("train", "parameter lr: 0.01 → 0.02; parameter hidden: 512 → 256,128")
    reporter.warn("THE CLASSES 猫 → 犬 × 2 ARE MANY AND HAVE … NAMES THAT ARE LONG, TOO")
    reporter.stage_finished("train", "ran", 1.0, "because of this → and that, and more than fits")
    reporter.close()
    written = stream.buffer.getvalue().decode("ascii").replace("\r", "\n")
    assert "..." in written
    assert max(map(len, written.split("\n"))) < 60


@pytest.mark.parametrize("kind", [LineReporter, BarReporter])
def test_what_others_have_named_does_not_move_the_cursor(kind):
    """A variable, a file, and the lock of a store in which somebody else may write."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    reporter = kind(stream)
    reporter.warn("environment PIPELINE_\x1b[31m: no parameter has this variable")
    reporter.info("two lines\nof which one has \x1b[2J and a caf\udce9")
    reporter.waiting("train", "process 1\x1b[31m")
    reporter.close()
    written = stream.buffer.getvalue().decode()
    assert "\x1b[31m" not in written
    assert "\x1b[2J" not in written
    assert written.count(r"\x1b[31m") == 2
    assert "two lines\nof which" in written
