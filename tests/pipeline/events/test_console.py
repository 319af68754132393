"""A stream that never fails its writer, in the characters that it can carry."""

import io
import os
import pty
import subprocess
import sys

import pytest

from pipeline.events.console import DIM, Console


def stream_of(encoding):
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("utf-8", "a → b … ×2 – ✓"),
        ("ascii", "a -> b ... x2 - \\u2713"),
        ("latin-1", "a -> b ... ×2 - \\u2713"),
    ],
)
def test_characters_that_the_stream_can_carry(encoding, written):
    stream = stream_of(encoding)
    Console(stream).write("a → b … ×2 – ✓")
    assert stream.buffer.getvalue().decode(encoding) == written


def test_a_lone_surrogate_is_written_as_an_escape():
    stream = stream_of("utf-8")
    Console(stream).write("a\udcff")
    assert stream.buffer.getvalue() == b"a\\udcff"


def test_no_terminal_no_colours():
    console = Console(io.StringIO())
    assert console.paint("text", DIM) == "text"
    assert not console.isatty()
    assert console.columns == 80


def test_no_stream_at_all():
    console = Console(None)  # what sys.stderr is after 2>&-
    console.write("lost")
    console.flush()
    assert not console.isatty()
    assert console.columns == 80


def test_a_closed_stream():
    stream = io.StringIO()
    stream.close()
    console = Console(stream)
    console.write("lost")
    assert not console.isatty()


def test_a_full_disk_loses_the_line_only():
    with open("/dev/full", "w") as full:
        console = Console(full)
        console.write("lost\n")
        console.write("lost too\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())  # what it holds can be flushed


def test_a_reader_that_has_gone():
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w")
    os.close(reading)
    console = Console(stream)
    for _ in range(3):
        console.write("lost\n")
    stream.close()  # would raise, had it still anything to write


class Broken(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


def test_a_broken_stream_without_a_descriptor():
    Console(Broken()).write("lost")


def test_a_reader_that_has_gone_leaves_the_exit_status_alone():
    reading, writing = os.pipe()
    code = "import sys; from pipeline.events.console import Console; input(); "
    code += "Console(sys.stderr).write('lost\\n')"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=-1, stderr=writing)
    os.close(writing)
    os.close(reading)
    process.communicate(b"\n")
    assert process.returncode == 0


@pytest.fixture
def terminal(monkeypatch):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    ours, theirs = pty.openpty()
    with open(theirs, "w") as stream:
        yield stream
    os.close(ours)


def test_a_terminal_has_colours(terminal):
    console = Console(terminal)
    assert console.can_move()
    assert console.paint("text", DIM) == "\x1b[2mtext\x1b[0m"
    assert console.paint("", DIM) == ""
    assert console.columns == 80  # a terminal that does not say


def test_no_color(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    console = Console(terminal)
    assert console.can_move()
    assert console.paint("text", DIM) == "text"


def test_a_dumb_terminal_cannot_go_back(terminal, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    console = Console(terminal)
    assert console.isatty()
    assert not console.can_move()
    assert console.paint("text", DIM) == "text"
