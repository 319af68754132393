"""Parts and files on the disk: gone on with, checked, never written where they cannot be."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest

from pipeline.errors import DataError, StorageError
from pipeline.store.files import File
from stages.dataset.sources.part import Part
from tests.stages.dataset.sources.transfers import (
    CONTENT,
    SHA256,
    SIZE,
    Listening,
    fetch,
    is_there,
)
from tests.stages.http_server import Answer, serving


def test_a_part_that_is_longer_than_the_file(target):
    with serving(CONTENT, Answer(body=CONTENT + CONTENT, cut=SIZE + 9)) as server:
        server.content = CONTENT
        is_there(target, fetch(server.url, target, sha256=None))
    assert len(server.requests) == 3


def leave_part(target: Path, data: bytes, record: str | None) -> None:
    target.parent.mkdir()
    target.with_name("x.tar.gz.part").write_bytes(data)
    if record is not None:
        target.with_name("x.tar.gz.part.json").write_text(record)


@pytest.mark.parametrize(
    "record",
    [None, "", "[]", "{}", "[" * 100_000, '{"url": 3, "etag": 3, "modified": 3, "size": 3}',
     '{"url": "", "etag": "", "modified": "", "size": "x"}'],
)  # fmt: skip
def test_a_part_without_a_good_record(target, record):
    leave_part(target, CONTENT[:5000], record)
    with serving(CONTENT) as server:
        is_there(target, fetch(server.url, target))  # the digest will tell
        assert server.requests[0]["Range"] == "bytes=5000-"
        target.unlink()
        target.with_name("x.tar.gz.part").write_bytes(CONTENT[:5000])
        is_there(target, fetch(server.url, target, None))
        assert "Range" not in server.requests[1]


def test_a_whole_part_needs_no_server(target):
    url = "http://127.0.0.1:1/x"
    record = json.dumps({"url": url, "etag": '"1"', "modified": None, "size": SIZE})
    leave_part(target, CONTENT, record)
    is_there(target, fetch(url, target, None))


def test_a_part_that_the_disk_spoiled(target):
    with serving(CONTENT) as server:
        record = json.dumps({"url": server.url, "etag": '"1"', "modified": None, "size": SIZE})
        leave_part(target, bytes(5000), record)
        is_there(target, fetch(server.url, target))
    assert [r.get("Range") for r in server.requests] == ["bytes=5000-", None]


def test_another_file_under_the_name(target):
    target.parent.mkdir()
    target.write_bytes(b"mine")
    with pytest.raises(DataError) as caught:
        fetch("http://127.0.0.1:1/x", target)
    found = hashlib.sha256(b"mine").hexdigest()
    assert str(caught.value) == (
        f"{target}: expected SHA-256 {SHA256}, found {found}; remove the file to download it "
        "again, or name it with --source to use it as it is"
    )
    assert target.read_bytes() == b"mine"


def test_what_is_there_needs_no_folder_that_can_be_written(target):
    target.parent.mkdir()
    target.write_bytes(CONTENT)
    is_there(target, fetch("http://127.0.0.1:1/x", target))
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_two_at_once_fetch_once(target):
    with serving(CONTENT, Answer(cut=5000, stall=0.3)) as server:
        contexts, found = [Listening(), Listening()], []
        threads = [
            threading.Thread(
                target=lambda c=context: found.append(fetch(server.url, target, context=c))
            )
            for context in contexts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [File(target, SIZE, SHA256)] * 2
    assert server.sent == SIZE
    waiting = f"waiting for another process that downloads {target}"
    assert [waiting in context.messages for context in contexts].count(True) == 1


def test_no_space(target, monkeypatch):
    with serving(CONTENT, Answer(cut=5000)) as server:
        monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 1000}))
        with pytest.raises(StorageError) as caught:
            fetch(server.url, target)
    assert str(caught.value) == (
        f"{target.parent}: expected space for {SIZE / 1e6:.1f} MB, found: 0.0 MB free; free some "
        "or choose another folder with --data-dir, then run the same command again"
    )


def test_a_disk_that_fills_up(target, monkeypatch):
    def full(part, data):
        raise OSError(28, "No space left on device")

    with serving(CONTENT) as server:
        with monkeypatch.context() as context:
            context.setattr(Part, "write", full)
            with pytest.raises(StorageError, match=r"expected space for 0.1 MB, found: No space l"):
                fetch(server.url, target)
        is_there(target, fetch(server.url, target))


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=r"file: expected a folder that can be written, found: "):
        fetch("http://127.0.0.1:1/x", tmp_path / "file" / "x")
