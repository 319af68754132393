"""What stays on a terminal, on a real one: a pseudo-terminal and a small screen that reads it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time

import pytest

from pipeline.events.styles import make_reporter

COLUMNS = 70


class Terminal:
    """A pseudo-terminal: `stream` to write to, `close()` to get all that was written."""

    def __init__(self, columns=COLUMNS):
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 0, columns, 0, 0))
        self.stream = open(theirs, "w", encoding="utf-8")  # noqa: SIM115
        self._read = bytearray()
        self._reader = threading.Thread(target=self._pump)
        self._reader.start()

    def _pump(self):
        try:
            while block := os.read(self._ours, 1 << 16):
                self._read += block
        except OSError:  # the other end is closed
            pass

    def close(self):
        if not self.stream.closed:
            self.stream.close()
            self._reader.join()
            os.close(self._ours)
        return self._read.decode()


def screen(written):
    """The lines that stand on the screen after all was written."""
    written = re.sub(r"\x1b\[\d+m", "", written)
    assert "\x1b" not in written
    lines = []
    for line in written.split("\n"):
        cells, column = [], 0
        for character in line:
            if character == "\r":
                column = 0
                continue
            cells[column : column + 1] = character
            column += 1
            assert column < COLUMNS, "a line that wraps cannot be wiped out"
        lines.append("".join(cells).rstrip())
    return lines


@pytest.fixture
def terminal(monkeypatch):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    terminal = Terminal()
    yield terminal
    terminal.close()


def test_bars_vanish_and_lines_stay(terminal):
    reporter = make_reporter("auto", terminal.stream)
    reporter.stage_finished("download", "cached", 0.001, "up to date")
    reporter.stage_started("decode", "never run before")
    with reporter.progress("decode", 4, "images") as progress:
        for number in range(4):
            progress.advance()
            if number == 2:
                reporter.warn("no network")
            time.sleep(0.06)
    with reporter.progress("search") as progress:
        progress.advance(note="x" * 100)
    reporter.info("10 classes")
    reporter.stage_finished("decode", "ran", 1.239, "never run before")
    reporter.close()
    written = terminal.close()
    assert screen(written) == [
        "download     cached",
        "warning: no network",
        "10 classes",
        "decode       ran         1.24 s  never run before",
        "",
    ]
    assert re.search(r"decode +[█▏▎▍▌▋▊▉]+ +(25|50|75)%  [123]/4 images", written)
    assert "search       0 rows" in written
    assert "\x1b[33mwarning" in written
    assert "\x1b[2mdownload" in written


def test_a_run_that_stops_midway_leaves_a_tidy_terminal(terminal):
    reporter = make_reporter("auto", terminal.stream, verbose=True)
    reporter.stage_finished("download", "cached", 0.001, "up to date")
    reporter.stage_started("train", "a long reason " * 20)
    outer = reporter.progress("train", 10, "epochs")
    inner = reporter.progress("epoch", 2**30, "B")
    outer.advance(5)
    inner.advance(2**20)
    reporter.close()
    reporter.close()
    written = terminal.close()
    assert screen(written.replace("\x1b[A", ""))[0] == "download     cached              up to date"
    assert "0.0/1.0 GiB" in written


def test_no_color(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    reporter = make_reporter("auto", terminal.stream)
    reporter.stage_started("train", "why")
    reporter.warn("careful")
    reporter.close()
    assert "\x1b" not in terminal.close()


def test_a_dumb_terminal_gets_lines(terminal, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    reporter = make_reporter("auto", terminal.stream)
    reporter.stage_started("train", "why")
    with reporter.progress("train", 10, "epochs") as progress:
        progress.advance()
    reporter.close()
    assert terminal.close() == "train        runs                why\r\n"


def test_no_thread_and_no_setting_of_tqdm_is_touched(terminal):
    from tqdm import tqdm

    interval, threads = tqdm.monitor_interval, {*threading.enumerate()}
    reporter = make_reporter("auto", terminal.stream)
    with reporter.progress("train", 10, "epochs") as progress:
        progress.advance(2)
        assert not {*threading.enumerate()} - threads
    assert tqdm.monitor_interval == interval


def test_bars_switched_off_in_the_environment():
    code = (
        "import sys; from pipeline.events.styles import make_reporter\n"
        "reporter = make_reporter('bars', sys.stdout)\n"
        "with reporter.progress('train', 10, 'epochs') as progress: progress.advance()\n"
        "reporter.info('done'); reporter.close()"
    )
    environment = os.environ | {"TQDM_DISABLE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env=environment
    )
    assert done.stdout.split() == [b"done"]
    assert not done.stderr
