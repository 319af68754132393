"""Files: identity by name and content; a cache that is never wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pipeline.errors import DataError
from pipeline.store.files import File, Files, identify, is_sha256
from tests.pipeline.store.results import old

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_identity_is_name_size_and_content(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_bytes(b"")
    one, two = identify(tmp_path / "one" / "a"), identify(tmp_path / "two" / "a")
    assert one.files[0] == File(tmp_path / "one" / "a", 0, EMPTY)
    assert one.digest() == two.digest()
    (tmp_path / "two" / "b").write_bytes(b"")
    other_name = identify(tmp_path / "two" / "b")
    (tmp_path / "two" / "a").write_bytes(b"x")
    other_content = identify(tmp_path / "two" / "a")
    both = identify(tmp_path / "one" / "a", tmp_path / "two" / "b")
    swapped = identify(tmp_path / "two" / "b", tmp_path / "one" / "a")
    digests = {f.digest() for f in (one, other_name, other_content, both, swapped)}
    assert len(digests) == 5


def test_large_files_and_relative_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("big").write_bytes(bytes(3 << 20))
    file = identify(Path("big")).files[0]
    assert file.path == tmp_path / "big"
    assert file.size == 3 << 20
    assert file.sha256 == "bbd05cf6097ac9b1f89ea29d2542c1b7b67ee46848393895f5a9e43fa1f621e5"


def test_missing_unreadable_and_special_files(tmp_path):
    with pytest.raises(
        DataError, match=r"expected a readable file at .*/none: No such file .*; check the path"
    ):
        identify(tmp_path / "none")
    with pytest.raises(DataError, match=r"/dev/null: expected a file, found a device"):
        identify(Path("/dev/null"))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match=r"/pipe: expected a file, found a pipe"):
        identify(tmp_path / "pipe")
    with pytest.raises(DataError, match=r"expected a file, found a folder|Is a directory"):
        identify(tmp_path)


def test_names_that_no_file_can_have(tmp_path):
    for name in ("a\0b", "a\ud800"):
        with pytest.raises(DataError, match="no file can have that name"):
            identify(tmp_path / name)


def test_a_file_that_is_being_written(tmp_path, monkeypatch):
    path = old(tmp_path / "a")
    real, looks = os.fstat, []

    def fstat(descriptor):
        looks.append(descriptor)
        if len(looks) == 3:  # between opening and the end, somebody appends
            with open(path, "ab") as file:
                file.write(b"more")
        return real(descriptor)

    monkeypatch.setattr(os, "fstat", fstat)
    with pytest.raises(DataError, match=r"a is being written by another program; wait until"):
        identify(path)


def test_json_and_back(tmp_path):
    files = identify(old(tmp_path / "a"), old(tmp_path / "b", b"b"))
    assert Files.from_json(json.loads(json.dumps(files.to_json()))) == files


GOOD = {"path": "/a", "size": 1, "sha256": EMPTY}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, r'expected \{"files": \[...\]\}'),
        ({"files": {}}, r'expected \{"files"'),
        ({"files": [], "more": 1}, r'expected \{"files"'),
        ({"files": [3]}, r'expected \{"path"'),
        ({"files": [GOOD | {"x": 1}]}, r'expected \{"path"'),
        ({"files": [GOOD | {"path": "a"}]}, "expected an absolute path, found 'a'"),
        ({"files": [GOOD | {"path": 3}]}, "expected an absolute path, found 3"),
        ({"files": [GOOD | {"path": "/a\0"}]}, "expected an absolute path"),
        ({"files": [GOOD | {"path": "/a\ud800"}]}, "expected an absolute path"),
        ({"files": [GOOD | {"size": True}]}, "expected a size in bytes, found True"),
        ({"files": [GOOD | {"size": -1}]}, "expected a size in bytes, found -1"),
        ({"files": [GOOD | {"sha256": EMPTY.upper()}]}, "expected 64 lower-case hexadecimal"),
        ({"files": [GOOD | {"sha256": None}]}, "expected 64 lower-case hexadecimal"),
    ],
)
def test_bad_references_are_refused(value, message):
    with pytest.raises(ValueError, match=message):
        Files.from_json(value)


def test_check_says_what_happened(tmp_path):
    a, b = old(tmp_path / "a"), old(tmp_path / "b")
    files = identify(a, b)
    assert files.check() is None
    b.write_bytes(b"DATA")
    assert files.check() == f"{b} has changed"
    a.unlink()
    assert files.check() == f"{a} is missing or cannot be read"


def test_what_a_sha256_is():
    assert is_sha256(EMPTY)
    assert not any(map(is_sha256, [EMPTY[1:], EMPTY.upper(), 3, None]))
