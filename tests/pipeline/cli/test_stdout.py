"""stdout carries the result and nothing else, whatever stages and their programs print."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from unittest import mock

import pytest

from pipeline import Pipeline, Program, make_cli, run_cli, stage
from pipeline.cli.stdout import stdout_for_results


@stage(outputs=("done",))
def chatter() -> bool:
    """Talk in every way there is."""
    print("by print")
    os.write(1, b"by the system\n")
    subprocess.run(["echo", "by a program"], check=True)
    return True


@stage(outputs=("said",))
def more() -> bool:
    """Talk beside it."""
    print("by another")
    return True


PROGRAM = Program(Pipeline(chatter, more), name="talk", help="", version="1")


@contextmanager
def of_the_system():
    """stdout and stderr are those of the system, as they are for a program."""
    with os.fdopen(1, "w", closefd=False) as stdout, os.fdopen(2, "w", closefd=False) as stderr:
        with mock.patch.object(sys, "stdout", stdout), mock.patch.object(sys, "stderr", stderr):
            yield


@pytest.mark.parametrize("flags", [(), ("--executor", "serial")])
def test_json_is_one_document_whatever_stages_print(capfd, tmp_path, flags):
    with of_the_system():
        arguments = ["run", "--json", "--artifacts-dir", str(tmp_path), *flags]
        assert run_cli(make_cli(PROGRAM), arguments) == 0
    out, err = capfd.readouterr()
    assert [one["status"] for one in json.loads(out)["stages"]] == ["ran", "ran"]
    for words in ("by print", "by the system", "by a program", "by another"):
        assert words in err


def test_afterwards_stdout_is_what_it_was(capfd):
    with of_the_system():
        with pytest.raises(ValueError, match="no"), stdout_for_results():
            os.write(1, b"aside\n")
            raise ValueError("no")
        print("the result")
    assert capfd.readouterr() == ("the result\n", "aside\n")


def test_without_a_stdout_of_the_systems(capsys):
    with stdout_for_results():
        print("aside")
    print("the result")
    assert capsys.readouterr() == ("the result\n", "aside\n")
