"""The terminal, recorded at several widths, with and without colour, in a pipe: no line breaks."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from stages.cifar10 import PROGRAM
from stages.commands.add import add_to
from tests.end_to_end.conftest import QUICK, ROOT, SMALL

LONG = pytest.mark.long  # of the narrowest, and a pipe, every day
COMMANDS = (
    ["run", *QUICK, "--patience", "1", "--save", "model.json"],
    ["plan", *QUICK, "--lr", "0.3"],
    ["explain", "train", *QUICK, "--lr", "0.3", "--all"],
    ["tag", "", "a-tag-of-forty-characters-as-long-as-can-", "--note", "words " * 30],
    ["runs"],
    ["recipes"],
    ["recipes", "fast"],
    ["graph"],
    ["config", *QUICK],
    ["config", "--init"],
    ["search", "lr=0.1,0.2", *QUICK],
    ["gc", "--dry-run", "--max-size", "1"],
    ["run", "--config", "a-file-that-is-not-there-and-has-a-long-name.toml"],
    ["run", "--epochs", "1,2"],
    ["predict", "model.json"],
    ["help", "source"],
    ["--help"],
    ["train", "--help-all"],
)
MORE = (  # that take longer, or are like others
    COMMANDS[0],
    ["run", *QUICK, "--lr", "0.3", "--executor", "thread", "--jobs", "2"],
    ["compare", "", ""],
    ["report", "", "--output", "page.html"],
    ["report", "", "--figure", "confusion", "--output", "page.html"],
    ["lr-find", *QUICK, "--lr-steps", "20"],
    ["predict", "--load", "model.json", "--save-samples", "2"],
    ["predict", "--load", "model.json", "samples"],
    ["evaluate", "--load", "model.json", *QUICK],
    ["export", "--load", "model.json", "--to", "npz", "--output", "model.npz"],
    ["push", "--remote", "file://{here}/a-remote-with-a-long-name", *QUICK],
    ["pull", "--remote", "file://{here}/a-remote-with-a-long-name", *QUICK],
    ["verify"],
    ["doctor"],
    *([name, "-h"] for name in add_to(make_cli(PROGRAM), PROGRAM).list_commands(None)),
)
COLOUR = re.compile(r"\x1b\[\d+m")


def record(folder, arguments, columns, **variables):
    """All that a command writes to a terminal of that width: stdout and stderr."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM", "COLUMNS")}
    environment = {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm", **variables}
    process = subprocess.Popen(
        [sys.executable, "-m", "stages", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    written = b""
    try:
        while block := os.read(ours, 1 << 16):
            written += block
    except OSError:  # the other end is closed
        pass
    process.wait()
    os.close(ours)
    return written.decode()


def longest(written: str) -> int:
    """The longest line that ever stood on the screen; bars overwrite themselves, and those of
    trials that run side by side stand below each other."""
    lines = re.split(r"\r\n|\r|\n|\x1b\[A", COLOUR.sub("", written))
    return max(map(len, lines))


def filled(arguments, folder):
    """The arguments with the name of a run for an empty one, and the folder where it is named."""
    names = (path.name[:8] for path in (folder / "artifacts" / "train").glob("[!.]*"))
    return [one.replace("{here}", str(folder)) or next(names) for one in arguments]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("terminal")


class Screen(io.TextIOWrapper):
    """A stream in this process that says that it is a terminal."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("commands", "columns"),
    [
        pytest.param(COMMANDS[:8], 60, id="few-60"),
        *(pytest.param(COMMANDS, width, marks=LONG, id=f"most-{width}") for width in (60, 80, 120)),
        *(pytest.param(MORE, width, marks=LONG, id=f"more-{width}") for width in (60, 80, 120)),
    ],
)
def test_no_line_is_longer_than_the_terminal_is_wide(folder, commands, columns, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in {"TERM": "xterm", "COLUMNS": str(columns)}.items():  # click asks for both
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("pipeline.events.console.Console.columns", columns)
    group = add_to(make_cli(PROGRAM), PROGRAM)
    for arguments in commands:
        screen = Screen(io.BytesIO(), "utf-8", newline="\n")
        monkeypatch.setattr(sys, "stdout", screen)
        monkeypatch.setattr(sys, "stderr", screen)
        varied = ["--seed", str(columns)] if "--patience" in arguments else []
        run_cli(group, [*filled(arguments, folder), *varied])
        screen.flush()
        written = screen.buffer.getvalue().decode()
        assert written.strip(), arguments
        assert "Traceback" not in written
        assert longest(written) <= columns, (arguments, written)


def test_what_a_terminal_shows_of_a_training(folder):
    written = record(folder, ["run", *QUICK, "--seed", "7", "--epochs", "3", "--no-report"], 80)
    assert "\x1b[2m" in written
    text = COLOUR.sub("", written)
    assert re.search(r"\r *train +\S+ +\d+%  .*epoch \d/3", text)
    assert re.search(r"[\r\n]epoch 3/3  loss \d\.\d{4}  +\d+\.\d\d%  validation ", text)


def test_the_board_of_a_search_fits_a_narrow_terminal(folder):
    search = ["search", "lr=0.1,0.2,0.3", "hidden=8/16,8", *SMALL, "--epochs", "2", "--jobs", "2"]
    written = record(folder, [*search, "--executor", "process"], 60)
    assert longest(written) <= 60
    text = COLOUR.sub("", written)
    assert "\x1b[A" in text  # bars of trials below that of the search
    assert re.search(r"\[6/6\] lr=0\.\d hidden=\S+ +validation", text)


def test_no_colours_where_nobody_wants_them(folder):
    arguments = ["run", *QUICK, "--seed", "8"]
    assert "\x1b" not in record(folder, arguments, 80, NO_COLOR="1")
    dumb = record(folder, [*arguments, "--lr", "0.02"], 80, TERM="dumb")
    assert "\x1b" not in dumb
    assert "\r" not in dumb.replace("\r\n", "\n")
    assert longest(dumb) <= 80


def test_a_pipe_gets_whole_plain_lines(folder):
    found = subprocess.run(
        [sys.executable, "-m", "stages", "run", *QUICK, "--seed", "9"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "40"},
        capture_output=True,
        text=True,
        check=True,
    )
    both = found.stdout + found.stderr
    assert "\x1b" not in both
    assert "\r" not in both
    assert re.search(r"^model: artifacts/serialize/[0-9a-f]{32}/model\.json$", both, re.MULTILINE)
    assert "test: truth ↓ prediction →" in found.stdout
