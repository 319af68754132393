"""Strict JSON: the letter of the standard, and no more than a program can digest."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.modelfile.strict import DEPTH, VALUES, kind, parse_json, shown

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(), parts, max_size=3),
    max_leaves=8,
)


@given(value=JSON, ascii=st.booleans())
def test_all_that_is_json_is_read(value, ascii):
    assert parse_json(json.dumps(value, ensure_ascii=ascii)) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("NaN", "expected finite numbers, found NaN"),
        ("[-Infinity]", "expected finite numbers, found -Infinity"),
        ("1e999", "expected finite numbers, found 1e999"),
        ('{"a": 1, "b": 2, "a": 3}', "expected each key once, found 'a' twice"),
        ('{"a": {"": 1, "": 3}}', "expected each key once, found '' twice"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 400 + "]" * 400, "nested too deeply"),
        ("[" * (DEPTH + 1) + "]" * (DEPTH + 1), "nested too deeply"),
        (r'["\ud800"]', r"expected Unicode text, found half a character in '\\ud800'"),
        (r'[{"\udcff": 1}]', "expected Unicode text, found half a character"),
        (f"[{'0,' * VALUES}0]", "expected at most 1,000,000 values, found about 1,000,001"),
        ("1" * 5000, "."),
        ("{", "."),
        ("{} {}", "."),
        ("\ufeff1", "."),
        ("", "."),
    ],
)
def test_json_is_read_by_the_letter(text, message):
    with pytest.raises(ValueError, match=message):
        parse_json(text)


def test_what_just_passes():
    assert parse_json("[" * DEPTH + "]" * DEPTH)
    assert parse_json(r'"\ud83d\ude00é"') == "😀é"


def test_many_keys_take_no_longer_than_reading_them():
    keys = ",".join(f'"{number}":0' for number in range(50_000))
    started = time.process_time()
    with pytest.raises(ValueError, match="'49999' twice"):
        parse_json(f'{{{keys},"49999":0}}')
    assert time.process_time() - started < 2


def test_kinds_have_the_names_of_json():
    found = [kind(value) for value in ({}, [], "", True, None, 1, 0.5)]
    assert found == [
        *("an object", "an array", "a string", "a boolean", "nothing", "a number", "a number"),
    ]


@pytest.mark.parametrize("value", ["x" * 1000, list(range(1000)), {"k" * 900: 1}, 10**900, None])
def test_values_are_shown_in_a_few_words(value):
    assert len(shown(value)) <= 80


def test_deep_values_are_shown_too():
    value = 0
    for _ in range(5000):
        value = [value]
    assert shown(value).startswith("[[")
