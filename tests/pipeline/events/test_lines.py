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
