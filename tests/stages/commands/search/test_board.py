"""The board of a search: on a terminal what runs, elsewhere a line for each trial that is done."""

from __future__ import annotations

import io
from contextlib import contextmanager

from pipeline.events.bars import BarReporter
from pipeline.events.lines import LineReporter
from pipeline.events.reporter import Reporter
from stages.commands.search.board import SHOWN, Board
from stages.commands.search.trial import Result


class Terminal(Reporter):
    """Keeps what is shown."""

    live = True

    def __init__(self):
        super().__init__()
        self.bars, self.lines, self.shown = {}, [], []

    @contextmanager
    def progress(self, label, total=None, unit="rows"):
        self.bars[label] = bar = Bar(total, unit)
        self.shown.append(label)
        yield bar
        del self.bars[label]

    def metrics(self, stage, figures, line=""):
        self.lines.append(line)


class Bar:
    def __init__(self, total, unit):
        self.total, self.unit, self.done, self.note = total, unit, 0, ""

    def advance(self, amount=1, note=""):
        self.done, self.note = self.done + amount, note or self.note


def test_a_terminal_shows_running_trials_their_epochs_and_the_best_so_far():
    terminal = Terminal()
    board = Board(terminal, 3)
    with board.under_way("search", 2):
        one, two = board.reporter("lr=0.1", 9), board.reporter("lr=0.2", 9)
        one.metrics("train", {"epoch": 1, "validation_accuracy": 0.25})
        two.metrics("train", {"epoch": 1, "validation_accuracy": 0.5})
        two.metrics("train", {"epoch": 2, "validation_accuracy": 0.75})
        running = terminal.bars["lr=0.2"]
        assert (running.done, running.total, running.unit) == (2, 9, "epochs")
        assert running.note == "75.00%"
        board.take("lr=0.1", Result(0.25, 1.0, 9, 3.0))
        assert set(terminal.bars) == {"search", "lr=0.2"}
        assert terminal.bars["search"].note == "best 25.00% with lr=0.1"
        one.metrics("train", {"epoch": 9})  # what comes late opens nothing again
        assert set(terminal.bars) == {"search", "lr=0.2"}
        board.take("lr=0.2", Result(failure="diverged"))
        assert terminal.bars["search"].done == 2
    assert terminal.bars == {}
    board.take("lr=0.3", Result(0.3, 1.0, 2, 3.0, cached=True))
    assert [line.split("  ")[0] for line in terminal.lines] == [
        "[1/3] lr=0.1",
        "[2/3] lr=0.2",
        "[3/3] lr=0.3",
    ]
    assert [" * " in line for line in terminal.lines] == [True, False, True]


def test_so_many_bars_and_no_more():
    terminal = Terminal()
    board = Board(terminal, 100)
    with board.under_way("search", 100):
        for number in range(100):
            board.reporter(f"seed={number}", 3).metrics("train", {"epoch": 1})
        assert len(terminal.bars) == SHOWN + 1


def test_a_pipe_gets_a_line_for_each_trial_and_a_warning_once():
    stream = io.StringIO()
    board = Board(LineReporter(stream), 1)
    with board.under_way("search", 1):
        for _ in range(2):
            trial = board.reporter("lr=0.1", 9)
            trial.metrics("train", {"epoch": 1, "validation_accuracy": 0.25})
            trial.warn("beware")
        board.take("lr=0.1", Result(0.25, 1.0, 9, 3.0))
    assert stream.getvalue().splitlines() == [
        "warning: beware",
        "[1/1] lr=0.1  validation 25.00%  loss 1.0000  epoch 9  * 3.00 s",
    ]


def test_bars_take_the_first_free_line():
    reporter = BarReporter(io.StringIO())
    first, second = reporter.progress("a", 1), reporter.progress("b", 1)
    first.close()
    third = reporter.progress("c", 1)
    assert (second.place, third.place) == (1, 0)
    reporter.close()
