"""Troubles: every error of the machine is one line that says what to do; a bug is none."""

from __future__ import annotations

import errno
import os
import shutil
import sys

import numpy as np
import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import Program, make_cli
from pipeline.errors import StorageError
from pipeline.graph import Pipeline
from pipeline.stage import stage
from pipeline.store.store import Key, Store
from pipeline.store.troubles import explained, storage_errors

MENDABLE = ("EMFILE", "ENFILE", "EAGAIN", "EXDEV", "EINTR", "EINVAL", "ENOLCK", "EOPNOTSUPP")
MENDABLE += ("ENOSYS", "EDQUOT", "EROFS", "ENOSPC", "EACCES", "ENOENT", "ENOTEMPTY", "EBUSY")


@pytest.mark.parametrize("name", MENDABLE)
def test_an_error_of_storage(tmp_path, name):
    number = getattr(errno, name)
    with pytest.raises(StorageError) as caught, storage_errors(tmp_path):
        raise OSError(number, os.strerror(number), "file")
    assert str(caught.value).startswith("file: expected ")
    assert os.strerror(number) in str(caught.value)


@pytest.mark.parametrize("name", ["EIO", "EDOM"])
def test_what_is_no_mistake_of_the_user_stays(tmp_path, name):
    with pytest.raises(OSError, match="x") as caught, storage_errors(tmp_path):
        raise OSError(getattr(errno, name), "x")
    assert not isinstance(caught.value, StorageError)


def test_errors_that_nobody_foresaw():
    def explain(name: str, *file: str) -> tuple[str, bool] | None:
        number = getattr(errno, name)
        return explained(OSError(number, os.strerror(number), *file))

    assert explain("EMFILE")[1] is explain("EINTR", "f")[1] is explain("ENOSPC")[1] is True
    assert explain("EIO", "f") == (
        "f: expected a disk that works, found: Input/output error; see to the disk, then run the "
        "same command again",
        False,
    )
    assert explained(RuntimeError("can't start new thread"))[1]
    assert explain("ENOENT", "f") is explained(RuntimeError("x")) is explained(KeyError()) is None


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_cannot_sync_a_file(tmp_path, monkeypatch, number):
    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    store, key = Store(tmp_path), Key("stage", "ab" * 32)
    with store.write(key, {}) as writer:
        writer.put("array", np.arange(3))
        writer.put("value", 1)
    assert store.damage(key) is None


@stage(outputs=("first",))
def begin() -> np.ndarray:
    """Make something."""
    return np.arange(3)


@stage(outputs=("second",))
def lose(first: np.ndarray) -> list[int]:
    """Lose the folder that everything lies in."""
    shutil.rmtree("artifacts")
    return first.tolist()


@pytest.mark.skipif(sys.platform != "linux", reason="others keep a folder that somebody is in")
@pytest.mark.parametrize("command", [("run", "--artifacts-dir", "{}"), ("doctor",)])
def test_a_working_folder_that_was_deleted(tmp_path, monkeypatch, capsys, command):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here").rmdir()
    group = make_cli(Program(Pipeline(begin), "program", "Words.", "1"))
    assert run_cli(group, [word.format(tmp_path / "artifacts") for word in command]) == 2
    assert "the current one was deleted; go to another one" in capsys.readouterr().err


def test_a_store_that_is_deleted_during_a_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cli = make_cli(Program(Pipeline(begin, lose), "loser", "It loses.", "1"))
    assert run_cli(cli, ["run", "--quiet"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "No such file or directory" in said


def test_a_store_that_is_deleted_between_two_stages(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Store, "share", lambda store, key: shutil.rmtree(store.root))
    cli = make_cli(Program(Pipeline(begin, lose), "loser", "It loses.", "1"))
    assert run_cli(cli, ["run", "--quiet"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: nothing is stored in artifacts")
    assert said.endswith("run the same command again: it is made anew\n")
    assert said.count("\n") == 1


@pytest.mark.parametrize("command", ["plan", "verify", "gc", "config"])
def test_who_looks_makes_nothing(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    cli = make_cli(Program(Pipeline(begin), "looker", "It looks.", "1"))
    assert run_cli(cli, [command, "--quiet"]) == 0
    assert os.listdir(tmp_path) == []


def test_a_file_in_the_place_of_the_folder_needs_no_permissions(tmp_path, capsys):
    (tmp_path / "file").touch()
    cli = make_cli(Program(Pipeline(begin), "looker", "It looks.", "1"))
    assert run_cli(cli, ["verify", "--quiet", "--artifacts-dir", str(tmp_path / "file")]) == 2
    said = capsys.readouterr().err
    assert "found: a file; choose another folder with --artifacts-dir" in " ".join(said.split())
