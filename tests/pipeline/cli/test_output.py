"""What commands print: in characters that there are, on a terminal in lines that fit."""

import io
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import click
import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.output import echo_page, plain_streams, shown_place
from pipeline.cli.program import Program, make_cli
from tests.pipeline import shop


class Screen(io.TextIOWrapper):
    """A stream that says that it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def screen(monkeypatch):
    def make(columns, encoding="utf-8"):
        stream = Screen(io.BytesIO(), encoding)
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr("pipeline.events.console.Console.columns", columns)
        return stream

    return make


def written(stream) -> list[str]:
    stream.flush()
    return stream.buffer.getvalue().decode(stream.encoding).splitlines()


def test_long_lines_of_a_page_are_folded_on_a_terminal_alone(screen, capsys):
    line = "some words " * 10
    stream = screen(60)
    echo_page(f"{line}\nshort")
    assert len(written(stream)) == 3
    assert max(map(len, written(stream))) < 60


def test_a_digest_in_a_path_is_cut_to_what_a_shell_completes(screen):
    path = f"artifacts/serialize/{'0ce7b025bfef7266' * 2}/model.json"
    assert shown_place(path, "model: ") == f"model: {path}"
    screen(60)
    assert shown_place(path, "model: ") == "model: artifacts/serialize/0ce7b025*/model.json"
    screen(30)
    assert len(shown_place(path, "model: ")) < 30


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
@pytest.mark.parametrize(
    "words", ["--help", "run --help", "graph", "plan", "explain choose --all", "config --init"]
)
def test_every_command_prints_what_the_terminal_can_show(monkeypatch, tmp_path, encoding, words):
    monkeypatch.chdir(tmp_path)
    stream = io.TextIOWrapper(io.BytesIO(), encoding, "strict")
    monkeypatch.setattr(sys, "stdout", stream)
    program = Program(shop.SHOP, "shop", "A shop → of sales.", "1")
    assert run_cli(make_cli(program), words.split()) == 0
    found = "\n".join(written(stream))
    assert "\\u2" not in found
    assert "\ufffd" not in found
    if words == "graph":
        assert "-> sales" in found


def test_what_others_write_is_replaced_too(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), "cp1252", "strict")
    monkeypatch.setattr(sys, "stdout", stream)
    plain_streams()
    print("a → b … ✓", end="")
    assert written(stream) == ["a -> b … \\u2713"]


PROGRAM = """
import os, sys
import click
from pipeline.cli.main import run_cli

@click.command()
@click.argument("name")
def note(name):
    descriptor = os.open("found.txt", os.O_CREAT | os.O_WRONLY)
    os.system("echo from a program; echo from a program >&2")
    os.write(descriptor, name.encode())

sys.exit(run_cli(click.Group("noter", {"note": note})))
"""


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_no_file_takes_the_place_of_a_stream_that_is_closed(tmp_path, closed):
    (tmp_path / "noter.py").write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}

    def call(words):
        line = f"{sys.executable} noter.py note {words} {closed}"
        return subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, env=environment, capture_output=True, timeout=60
        )

    assert call("name").returncode == 0
    assert (tmp_path / "found.txt").read_text() == "name"
    wrong = call("name --nope")
    assert wrong.returncode == 2
    assert wrong.stdout == b"", "what is for stderr does not go elsewhere"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
def test_a_mistake_that_nobody_can_be_told_is_one_all_the_same(monkeypatch):
    with open("/dev/full", "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        assert run_cli(click.Group("program"), ["nope"]) == 2
        with suppress(OSError):
            stream.close()
