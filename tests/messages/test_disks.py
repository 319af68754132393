"""Disks that are full or refuse, folders that are none, results that are damaged."""

from __future__ import annotations

import shutil
from unittest import mock

import pytest

from tests.messages.case import (
    DATA,
    SMALL,
    fits,
)
from tests.pipeline.store.results import flip
from tests.stages import datasets

# What needs more than a file: each has a test of its own below.
FULL_DISK = (
    "error: <…>: expected space to write, found none (<…>); free some space or choose "
    "another folder with --artifacts-dir; nothing stored was lost: then run the same command again"
)

FULL_DATA = (
    "error: d: expected space for 0.4 MB, found: <…>; free some or choose another folder "
    "with --data-dir, then run the same command again"
)

FULL_TEMPORARY = (
    "error: expected space for 92,190 bytes in the folder for temporary files, found: <…>; free "
    "some, or set TMPDIR to another folder"
)

SMALL_DISK = (
    "error: a: expected space for 0.6 MB, found: 0.0 MB free; free some or choose another folder "
    "with --artifacts-dir, then run the same command again"
)

NO_FOLDER = (
    "error: file: expected a folder that can be written, found: a file; change its permissions or "
    "choose another folder with --artifacts-dir"
)

NO_DATA_FOLDER = (
    "error: file: expected a folder that can be written, found: a file; change its permissions or "
    "choose another with --data-dir"
)

LOOP = NO_DATA_FOLDER.replace("file:", "link:").replace("a file", "a link that leads nowhere")

NO_NAME = "error: --artifacts-dir: expected a folder, found xxx<…>: <…>; choose another"

DAMAGED = (
    "error: <…>features.npy: it is damaged (expected another header); run the same command again: "
    "it is made anew"
)


def test_a_full_disk(call, tmp_path, file_limit):
    for name, data in datasets.files().items():
        (tmp_path / name).write_bytes(data)
    file_limit(20_000)
    status, line = call("decode --source . --artifacts-dir a")
    assert fits(FULL_DISK, line), line
    assert status == 2
    status, line = call(f"decode {DATA} --artifacts-dir a --data-dir d")
    assert fits(FULL_DATA, line), line
    assert status == 2


def test_a_full_folder_for_temporary_files(call, tmp_path, file_limit):
    content = datasets.files(count=30)
    unordered = {name: content[name] for name in ("data_batch_2.bin", "test_batch.bin")}
    (tmp_path / "a.tar").write_bytes(datasets.tar(unordered | content))
    file_limit(60_000)  # more than a manifest has, and less than the images
    status, line = call("decode --source a.tar")
    assert fits(FULL_TEMPORARY, line), line
    assert status == 2


def test_a_disk_that_is_too_small(call, tmp_path):
    for name, data in datasets.files(count=60).items():
        (tmp_path / name).write_bytes(data)
    with mock.patch("shutil.disk_usage", return_value=mock.Mock(free=1000)):
        status, line = call("decode --source . --artifacts-dir a")
    assert fits(SMALL_DISK, line), line
    assert status == 2


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--artifacts-dir file", NO_FOLDER),
        ("--data-dir file --synthetic-size 50", NO_DATA_FOLDER),
        ("--data-dir link --synthetic-size 50", LOOP),
        (f"--artifacts-dir {'x' * 300}", NO_NAME),
    ],
)
def test_a_folder_that_is_none(call, tmp_path, flag, message):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("link")
    status, line = call(f"run {SMALL} {flag}")
    assert fits(message, line), line
    assert status == 2


def test_a_damaged_result(call, made, tmp_path):
    shutil.copytree(made / "artifacts", tmp_path / "a")
    for path in (tmp_path / "a").glob("preprocess/*/features.npy"):  # other tests add some
        flip(path, 1)
    status, line = call(f"run {SMALL} --lr 0.5 --artifacts-dir a")
    assert fits(DAMAGED, line), line
    assert status == 1
