"""Durable: what is on the disk when a call returns, and what a refusing disk is called."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import StorageError
from pipeline.store.durable import (
    check_free_space,
    expect_replaceable,
    fsync_folder,
    make_folder,
    replacing,
)

ROOT = Path(__file__).parents[3]


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


def test_a_file_in_the_way_is_reported(tmp_path):
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


def test_space_is_checked_before_it_is_needed(tmp_path):
    check_free_space(tmp_path, 0)
    with pytest.raises(StorageError) as caught:
        check_free_space(tmp_path, 10**18)
    assert f"{tmp_path}: expected space for 1,000,000,000,000.0 MB, found: " in str(caught.value)
    assert "choose another folder with --artifacts-dir" in str(caught.value)


class TestReplacing:
    def test_a_file_is_replaced_when_the_block_has_ended(self, tmp_path, synced):
        place = tmp_path / "a" / "file"
        with pytest.raises(FileNotFoundError), replacing(place):
            pass
        assert os.listdir(tmp_path) == [], "nothing is made beside what was named"
        (tmp_path / "a").mkdir()
        with replacing(place) as file:
            file.write(b"new")
            assert not place.exists()
        assert place.read_bytes() == b"new"
        assert synced[-1] == "a"
        assert os.listdir(tmp_path / "a") == ["file"]

    def test_what_was_there_stays_where_the_block_fails(self, tmp_path):
        (tmp_path / "file").write_bytes(b"old")
        with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "file") as file:
            file.write(b"new")
            raise KeyboardInterrupt
        assert (tmp_path / "file").read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["file"]

    def test_processes_of_one_number_do_not_meet(self, tmp_path):
        """As in two containers that share a folder."""
        with replacing(tmp_path / "file") as one, replacing(tmp_path / "file") as other:
            one.write(b"one")
            other.write(b"other")
        assert (tmp_path / "file").read_bytes() == b"one"
        assert os.listdir(tmp_path) == ["file"]

    def test_what_the_dead_left_is_removed_in_time(self, tmp_path):
        names = [f".{digit * 16}.part" for digit in "ab"]
        for name in (*names, ".other.part"):
            (tmp_path / name).write_bytes(b"")
            os.utime(tmp_path / name, (0, 0))
        os.utime(tmp_path / names[1])  # perhaps somebody is still at it
        with replacing(tmp_path / "file"):
            pass
        assert sorted(os.listdir(tmp_path)) == [names[1], ".other.part", "file"]

    def test_a_refusal_is_of_the_name_that_the_user_knows(self, tmp_path):
        (tmp_path / "file").mkdir()
        with pytest.raises(IsADirectoryError) as caught, replacing(tmp_path / "file"):
            pass
        assert caught.value.filename == str(tmp_path / "file")

    def test_a_place_is_tried_without_a_trace(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            expect_replaceable(tmp_path / "a" / "b" / "file")
        expect_replaceable(tmp_path / "file")
        expect_replaceable(Path(os.devnull))
        assert os.listdir(tmp_path) == []
        (tmp_path / "no").write_text("")
        with pytest.raises(NotADirectoryError):
            expect_replaceable(tmp_path / "no" / "file")

    def test_a_link_that_leads_nowhere_is_refused(self, tmp_path):
        (tmp_path / "link").symlink_to("target")
        with pytest.raises(FileNotFoundError, match="it is a link that leads nowhere"):
            expect_replaceable(tmp_path / "link")
        with pytest.raises(FileNotFoundError), replacing(tmp_path / "link"):
            pass
        assert os.listdir(tmp_path) == ["link"]
        (tmp_path / "target").touch()
        with replacing(tmp_path / "link") as file:
            file.write(b"1")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "target").read_bytes() == b"1"


WRITER = """
import sys
from pathlib import Path
from pipeline.store.durable import replacing
for _ in range(100):
    with replacing(Path(sys.argv[1])) as file:
        for _ in range(4):
            file.write(sys.argv[2].encode() * 20_000)
            file.flush()
"""


def test_many_writers_of_one_file_and_none_is_ever_seen_half_written(tmp_path):
    place = tmp_path / "file"
    command = [sys.executable, "-c", WRITER, str(place)]
    writers = [subprocess.Popen([*command, letter], cwd=ROOT) for letter in "abc"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        if place.exists():
            content = place.read_bytes()
            assert content == content[:1] * 80_000
            seen.add(content[:1])
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(seen) > 1
    assert os.listdir(tmp_path) == ["file"]
