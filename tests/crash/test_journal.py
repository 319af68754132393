"""The model of a crash: what is synced stays, what is not may be lost in its ways."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.crash.disks import crashes, disk, unsynced, write_disk
from tests.crash.journal import LOST, ZEROS, Journal
from tests.crash.watch import watching

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs Linux")


@pytest.fixture
def steps(tmp_path):
    """Record what a function does in an empty folder."""

    def watch(work):
        journal = Journal(tmp_path)
        with watching(tmp_path, journal):
            work(tmp_path)
        return journal.steps

    return watch


def write(path: Path, data: bytes, *, sync: bool) -> None:
    with open(path, "wb") as file:
        file.write(data)
        if sync:
            file.flush()
            os.fsync(file.fileno())


def contents(state):
    return {name: content for name, (content, _) in state.items()}


def possible(made):
    """All disks that a crash at the end may leave."""
    return [contents(disk(made, fates)) for fates in crashes(made, 20, "seed")]


def test_what_was_done_is_what_is_there(steps, tmp_path):
    def work(base):
        (base / "folder").mkdir()
        write(base / "folder" / "a", b"1234", sync=False)
        (base / "folder" / "a").rename(base / "folder" / "b")
        (base / "folder").rename(base / "other")
        write(base / "c", b"", sync=False)
        (base / "c").unlink()

    made = steps(work)
    assert contents(disk(made, {})) == {"other": None, "other/b": b"1234"}
    (tmp_path / "again").mkdir()
    write_disk(disk(made, {}), tmp_path / "again")
    assert (tmp_path / "again" / "other" / "b").read_bytes() == b"1234"
    assert (tmp_path / "again/other/b").stat().st_mtime_ns == (
        tmp_path / "other/b"
    ).stat().st_mtime_ns


def test_a_file_that_is_not_synced_may_be_anything(steps):
    made = steps(lambda base: write(base / "a", b"1234", sync=False))
    found = possible(made)
    for content in (b"1234", b"", b"\0\0\0\0", b"12", b"12\0\0"):
        assert {"a": content} in found
    assert {} in found


def test_a_synced_file_keeps_its_content_and_not_its_name(steps):
    made = steps(lambda base: write(base / "a", b"1234", sync=True))
    assert len(unsynced(made)) == 1
    assert {tuple(state.items()) for state in possible(made)} == {(), (("a", b"1234"),)}


def test_a_synced_folder_keeps_its_names(steps):
    def work(base):
        write(base / "a", b"1", sync=True)
        (base / "a").rename(base / "b")
        descriptor = os.open(base, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    assert all(state == {"b": b"1"} for state in possible(steps(work)))


def test_a_rename_does_both_or_none(steps):
    def work(base):
        write(base / "a", b"1", sync=True)
        (base / "a").rename(base / "b")

    assert {tuple(state) for state in possible(steps(work))} == {(), ("a",), ("b",)}


def test_later_bytes_may_come_without_earlier_ones(steps):
    def work(base):
        with open(base / "a", "wb", buffering=0) as file:
            file.write(b"head")
            file.write(b"body")
            file.seek(0)
            file.write(b"HEAD")

    made = steps(work)
    writes = [i for i, step in enumerate(made) if step.kind == "write"]
    assert contents(disk(made, {writes[1]: ZEROS})) == {"a": b"HEAD\0\0\0\0"}
    assert contents(disk(made, {writes[0]: LOST, writes[2]: LOST})) == {"a": b"\0\0\0\0body"}
