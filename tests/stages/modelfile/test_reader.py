"""A model's file is read without trust: one line where it is none, and no wait."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError
from stages.modelfile import reader
from stages.modelfile.reader import from_document, read_model
from tests.stages.models import model


@pytest.mark.parametrize("value", [None, [], "text", 1, True])
def test_a_model_is_an_object(value):
    with pytest.raises(ValueError, match="expected a model, found"):
        from_document(value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "model.json: not a valid model file: ."),
        (b"\xff\xfe{", "model.json: not a valid model file: expected JSON, .* bytes that"),
        (b'{"format": NaN}', "not a valid model file: expected finite numbers, found NaN"),
        (b'{"a": 1, "a": 1}', "not a valid model file: expected each key once"),
        (b"[" * 200_000, "not a valid model file: .*nested too deeply"),
        (b"\x89PNG\r\n\x1a\n", "not a valid model file: "),
        (json.dumps(model().to_document()).encode()[:-40], "not a valid model file: "),
    ],
)
def test_a_damaged_file_is_reported_in_one_line(tmp_path, data, message):
    (tmp_path / "model.json").write_bytes(data)
    with pytest.raises(DataError, match=message) as caught:
        read_model(tmp_path / "model.json")
    assert "\n" not in str(caught.value)


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none"):
        with pytest.raises(DataError, match=r"expected a (readable )?file"):
            read_model(path)


def test_a_file_that_cannot_be_read_to_its_end(tmp_path):
    with pytest.raises(DataError, match="expected a readable file at /proc/self/mem: "):
        read_model(Path("/proc/self/mem"))


def test_no_more_is_read_than_a_model_can_hold(tmp_path):
    path = tmp_path / "model.json"
    with open(path, "wb") as file:
        file.truncate(reader.BYTES + 1)  # sparse: it takes no room
    with pytest.raises(DataError, match="expected at most 1,073,741,824 bytes, found 1,073,741,8"):
        read_model(path)


@given(cut=st.integers(0, 3000), byte=st.integers(0, 255))
def test_one_changed_byte_is_refused_or_harmless(tmp_path_factory, cut, byte):
    data = bytearray(json.dumps(model().to_document()).encode())
    data[cut % len(data)] = byte
    path = tmp_path_factory.mktemp("m") / "model.json"
    path.write_bytes(data)
    try:
        found = read_model(path)
    except DataError:
        return
    assert found.network.inputs == 6
