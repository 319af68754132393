"""Caches: what was remembered comes back as it was, or not at all."""

from __future__ import annotations

import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store.cache import read_cache, write_cache


def test_a_value_comes_back(tmp_path):
    write_cache(tmp_path / "new" / "cache.json", 1)
    assert not (tmp_path / "new").exists(), "a cache makes no folder"
    path = tmp_path / "cache.json"
    assert read_cache(path) is None
    write_cache(path, {"a": [1, "ü"]})
    assert read_cache(path) == {"a": [1, "ü"]}


def test_every_flipped_bit_is_found(tmp_path):
    path = tmp_path / "cache.json"
    write_cache(path, {"a": 1})
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        assert read_cache(path) is None
    path.write_bytes(whole[:-1])
    assert read_cache(path) is None


@given(st.binary(max_size=100))
def test_other_bytes_are_no_cache(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("cache") / "cache.json"
    path.write_bytes(data)
    assert read_cache(path) is None


@pytest.mark.parametrize("text", [b"", b"[", b"\xff", b"[" * 100_000])
def test_a_good_seal_makes_no_json(tmp_path, text):
    path = tmp_path / "cache.json"
    path.write_bytes(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
    assert read_cache(path) is None


def test_where_none_can_be_written_none_is(tmp_path):
    (tmp_path / "file").write_text("")
    write_cache(tmp_path / "file" / "cache.json", 1)
    write_cache(tmp_path, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "cache.json")
    assert read_cache(tmp_path / "cache.json") is None
    write_cache(tmp_path / "cache.json", 1)
