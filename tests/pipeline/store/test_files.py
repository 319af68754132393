"""Files: identity by name and content; a cache that is never wrong."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.store.cache import read_cache, write_cache
from pipeline.store.files import DigestCache, File, Files, identify, is_sha256

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def old(path: Path, data: bytes = b"data") -> Path:
    """A file that has been at rest long enough for the cache, as far as its times can say."""
    path.write_bytes(data)
    os.utime(path, (1, 1))
    return path


def later(monkeypatch: pytest.MonkeyPatch, seconds: float = 10) -> None:
    """Let the clock run: change times cannot be set back."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + int(seconds * 1e9))


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
    with pytest.raises(DataError, match=r"expected a readable file at .*/none: No such file"):
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


def test_the_memo_spares_the_second_hashing(tmp_path, monkeypatch):
    path, cache = old(tmp_path / "a"), DigestCache(tmp_path / "new" / "cache.json")
    cache.path.parent.mkdir()
    later(monkeypatch)
    files = identify(path, cache=cache)
    again = DigestCache(cache.path)
    assert again.get(path, path.stat()) == files.files[0].sha256
    assert identify(path, cache=again) == files
    assert files.check(again) is None
    assert [p.name for p in cache.path.parent.iterdir()] == ["cache.json"]


def test_a_file_just_written_is_not_remembered(tmp_path):
    path, cache = old(tmp_path / "a"), DigestCache(tmp_path / "cache.json")
    identify(path, cache=cache)  # its change time is now, whatever its modification time says
    assert not cache.path.exists()


def test_a_change_is_seen_that_keeps_size_inode_and_modification_time(tmp_path, monkeypatch):
    path, cache = old(tmp_path / "a"), DigestCache(tmp_path / "cache.json")
    with monkeypatch.context() as context:
        later(context)
        files = identify(path, cache=cache)
    time.sleep(0.02)  # more than a tick of the file system's clock
    old(path, b"DATA")
    assert files.check(DigestCache(cache.path)) == f"{path} has changed"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["/f", "x"]), inner, max_size=2)
        ),
    )
)
def test_a_memo_of_another_form_counts_as_empty(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("cache")
    path = old(folder / "a")
    value = json.loads(json.dumps(value).replace("/f", str(path)))
    write_cache(folder / "cache.json", value)
    assert identify(path, cache=DigestCache(folder / "cache.json")) == identify(path)


def test_a_flipped_bit_in_the_memo_makes_no_other_file_of_it(tmp_path, monkeypatch):
    path, cache = old(tmp_path / "a"), DigestCache(tmp_path / "cache.json")
    later(monkeypatch)
    files = identify(path, cache=cache)
    whole = cache.path.read_bytes()
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        cache.path.write_bytes(data)
        assert identify(path, cache=DigestCache(cache.path)) == files


def test_where_no_memo_can_be_written_none_is(tmp_path, monkeypatch):
    path = old(tmp_path / "a")
    later(monkeypatch)
    cache = DigestCache(path / "cache.json")  # below a file
    assert identify(path, cache=cache) == identify(path)
    (tmp_path / "folder").mkdir()
    identify(path, cache=DigestCache(tmp_path / "folder"))  # in place of a folder
    assert list(tmp_path.rglob("*.part")) == []


def test_the_memo_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.store.files.CACHE_ENTRIES", 3)
    later(monkeypatch)
    cache = DigestCache(tmp_path / "cache.json")
    paths = [old(tmp_path / str(i)) for i in range(5)]
    identify(*paths, cache=cache)
    kept = read_cache(cache.path)
    assert list(kept) == [str(path) for path in paths[-3:]]


def test_what_a_sha256_is():
    assert is_sha256(EMPTY)
    assert not any(map(is_sha256, [EMPTY[1:], EMPTY.upper(), 3, None]))
