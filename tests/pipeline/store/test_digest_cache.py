"""The cache of digests: it spares the second hashing, and is never wrong."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store.cache import read_cache, write_cache
from pipeline.store.files import DigestCache, identify
from tests.pipeline.store.results import old


def later(monkeypatch: pytest.MonkeyPatch, seconds: float = 10) -> None:
    """Let the clock run: change times cannot be set back."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + int(seconds * 1e9))


def test_the_cache_spares_the_second_hashing(tmp_path, monkeypatch):
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


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["/f", "x"]), inner, max_size=2)
        ),
    )
)
def test_a_cache_of_another_form_counts_as_empty(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("cache")
    path = old(folder / "a")
    value = json.loads(json.dumps(value).replace("/f", str(path)))
    write_cache(folder / "cache.json", value)
    assert identify(path, cache=DigestCache(folder / "cache.json")) == identify(path)


def test_a_flipped_bit_in_the_cache_makes_no_other_file_of_it(tmp_path, monkeypatch):
    path, cache = old(tmp_path / "a"), DigestCache(tmp_path / "cache.json")
    later(monkeypatch)
    files = identify(path, cache=cache)
    whole = cache.path.read_bytes()
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        cache.path.write_bytes(data)
        assert identify(path, cache=DigestCache(cache.path)) == files


def test_where_no_cache_can_be_written_none_is(tmp_path, monkeypatch):
    path = old(tmp_path / "a")
    later(monkeypatch)
    cache = DigestCache(path / "cache.json")  # below a file
    assert identify(path, cache=cache) == identify(path)
    (tmp_path / "folder").mkdir()
    identify(path, cache=DigestCache(tmp_path / "folder"))  # in place of a folder
    assert list(tmp_path.rglob("*.part")) == []


def test_the_cache_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.store.digest_cache.CACHE_ENTRIES", 3)
    later(monkeypatch)
    cache = DigestCache(tmp_path / "cache.json")
    paths = [old(tmp_path / str(i)) for i in range(5)]
    identify(*paths, cache=cache)
    kept = read_cache(cache.path)
    assert list(kept) == [str(path) for path in paths[-3:]]
