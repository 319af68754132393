"""Durable: what is on the disk when a call returns, and what a refusing disk is called."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pipeline.durable import expect_room, fsync_folder, make_folder
from pipeline.errors import StorageError


@pytest.fixture
def synced(monkeypatch) -> list[str]:
    """The names of what is synced, in order."""
    names, real = [], os.fsync

    def fsync(descriptor: int) -> None:
        names.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return names


def test_each_new_folder_is_synced_where_it_is_named(tmp_path, synced):
    make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
    assert synced == [tmp_path.name, "a", "b"]
    make_folder(tmp_path / "a" / "b" / "c")
    assert len(synced) == 3, "a folder that is there costs nothing"


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "file" / "a")


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_syncs_no_folder_is_good_enough(tmp_path, monkeypatch, number):
    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    fsync_folder(tmp_path)


def test_a_folder_that_may_not_be_read_is_not_synced(tmp_path, monkeypatch):
    def refuse(path: Path, flags: int) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", refuse)
    fsync_folder(tmp_path)


def test_a_disk_that_fails_to_sync_is_not_passed_over(tmp_path, monkeypatch):
    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        fsync_folder(tmp_path)


def test_room_is_told_before_it_is_needed(tmp_path):
    expect_room(tmp_path, 0)
    with pytest.raises(StorageError) as told:
        expect_room(tmp_path, 10**18)
    assert f"{tmp_path}: expected room for 1,000,000,000,000.0 MB, found: " in str(told.value)
    assert "choose another folder with --artifacts-dir" in str(told.value)
