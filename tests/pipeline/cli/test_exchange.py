"""`push` and `pull`: what is sent, what has come, and what is said where something is damaged."""

from __future__ import annotations

import json
import shlex

import pytest

from pipeline import Pipeline, stage
from pipeline.cli.main import run_cli
from pipeline.cli.program import Program, make_cli

pytest.importorskip("fsspec")


@stage(outputs=("words",))
def list_words():
    return ["one", "two", "three"]


@stage(outputs=("lengths",), over="words")
def measure(words):
    return len(words)


@stage(outputs=("total",))
def add(lengths):
    return sum(lengths)


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Run a command in a store of the name given: status, stdout, stderr."""
    program = Program(Pipeline(list_words, measure, add), "words", "Words.", "1.0")
    group = make_cli(program)
    monkeypatch.chdir(tmp_path)

    def go(store, command):
        capsys.readouterr()
        words = f"{command} --artifacts-dir {store} --remote file://{tmp_path}/remote"
        return run_cli(group, shlex.split(words)), *capsys.readouterr()

    return go


def test_what_was_sent_comes_once(call):
    call("a", "run")
    assert call("a", "push")[1].startswith("0 of 3 results sent")
    found = json.loads(call("b", "pull --json")[1])
    assert sorted(one.partition("/")[0] for one in found["fetched"]) == [
        "add",
        "list_words",
        "measure",
    ]
    assert found["bytes"] > 0
    assert call("b", "pull")[1].startswith("0 results fetched")
    assert "ran" not in call("b", "run --json")[1]


def test_what_is_damaged_there_stays_there_and_is_named(call, tmp_path):
    call("a", "run")
    for path in (tmp_path / "remote").glob("objects/**/*"):
        if path.is_file() and path.read_bytes() == b"11":
            path.write_bytes(b"12")
    status, out, err = call("b", "pull")
    assert status == 0
    assert out.startswith("2 results fetched")
    assert "add has to be made anew" in err


def test_what_is_not_known_yet_is_named(call):
    assert call("b", "pull")[1] == (
        "0 results fetched, 0 B; list_words is not there, and what depends on it is known once it "
        "has run: `run` makes it, and fetches the rest\n"
    )
