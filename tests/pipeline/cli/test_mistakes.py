"""How a command ends that goes wrong: a line, and a status."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from pipeline.errors import PipelineError
from tests.pipeline import shop


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--days", "0"], "error: --days: expected at least 1, found 0"),
        (["run", "--days", "ten"], "error: --days: expected an integer, found 'ten'"),
        (["run", "--dais", "3"], "--dais"),
        (["rum"], "error: no command is named 'rum'; did you mean 'run'? (see 'shop --help')"),
        (["run", "--dais", "3"], "error: no flag is named '--dais'; did you mean '--days'? (see"),
        (["run", "--zzzz"], "error: no flag is named '--zzzz' (see 'shop run --help')"),
        (
            ["run", "--progress", "bar"],
            "expected one of auto, bars, lines, json, quiet, found 'bar'; did",
        ),
        (["explain", "chose"], "error: no stage is named 'chose'; did you mean 'choose'?"),
        (["run", "--recipe", "lang"], "error: --recipe: no recipe is named 'lang'; did you mean"),
        (
            ["run", "--config", "none.toml"],
            "error: --config: expected a readable file at none",
        ),
        (["run", "--profile", "no/such/folder"], "found no/such/folder: No such file"),
        (["explain"], "expected STAGE, found nothing"),
        (["run", "--help=x"], "error: --help: expected no value, found one"),
    ],
)
def test_a_mistake_is_reported_in_one_line_with_status_2(call, arguments, message):
    status, out, err = call(*arguments)
    assert status == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert shop.RAN == []


def test_no_command_shows_the_help(call):
    status, out, err = call()
    assert status == 2
    assert "Usage: shop" in out + err


def test_an_interruption_is_reported_in_one_line(call, monkeypatch):
    def interrupt(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.cli.session.run", interrupt)
    status, out, err = call("run")
    assert (status, out) == (130, "")
    assert err == "interrupted; run the same command again to go on from here\n"


def test_a_bug_keeps_its_traceback(call, monkeypatch):
    def fail(*arguments, **named):
        raise PipelineError("a bug")

    monkeypatch.setattr("pipeline.cli.session.run", fail)
    with pytest.raises(PipelineError, match="a bug"):
        call("run")


@pytest.mark.parametrize(
    ("number", "status", "words"),
    [
        (errno.EACCES, 2, "expected what may be read, found: Permission denied; change its "),
        (errno.EIO, 1, "expected a disk that works, found: Input/output error; see to the disk"),
    ],
)
def test_a_disk_that_refuses_or_fails_is_one_line(call, monkeypatch, number, status, words):
    def fail(*arguments, **named):
        raise OSError(number, os.strerror(number), "a/manifest.json")

    monkeypatch.setattr("pipeline.cli.session.run", fail)
    found, _, err = call("run")
    assert found == status
    assert err.startswith(f"error: a/manifest.json: {words}")
    monkeypatch.setattr("pipeline.cli.session.run", lambda *given: Path("never made").stat())
    with pytest.raises(FileNotFoundError):
        call("run")


def test_what_does_not_fit_in_memory_is_reported_in_one_line(call, monkeypatch):
    def fail(*arguments, **named):
        raise MemoryError

    monkeypatch.setattr("pipeline.cli.session.run", fail)
    status, _, err = call("run")
    assert status == 2
    assert "expected memory for what was asked, found too little (none is left); ask for" in err


def test_a_name_that_no_folder_can_have(call):
    status, _, err = call("plan", "--artifacts-dir", "x" * 5000)
    assert status == 2
    assert err.startswith("error: --artifacts-dir: expected a folder, found xxx")
    assert err.endswith("x: File name too long; choose another\n")


def test_what_a_message_quotes_cannot_command_the_terminal(call):
    status, _, err = call("config", "--days=\x1b[2J\u202e\n")
    assert status == 2
    assert err.endswith("\n")
    assert err[:-1].isprintable()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
def test_a_result_that_finds_no_space_is_reported_in_one_line(program, monkeypatch, capsys):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert run_cli(make_cli(program), ["config"]) == 2
        err = capsys.readouterr().err
    assert err.startswith("error: stdout: expected space to write, found: No space left on device")


def test_nobody_need_listen(program, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert run_cli(make_cli(program), ["config"]) == 0


def test_the_readers_leaving_is_no_bug(program, monkeypatch, tmp_path):
    def leave(*arguments, **named):
        raise BrokenPipeError

    monkeypatch.setattr("pipeline.cli.actions.say", leave)
    monkeypatch.setattr(sys, "stdout", (tmp_path / "out").open("w"))
    assert run_cli(make_cli(program), ["plan"]) == 1
    sys.stdout.close()
