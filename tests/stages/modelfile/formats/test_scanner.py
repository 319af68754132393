"""The scanner: what it takes is JSON, and it takes all of it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.modelfile.formats.scanner import Scanner

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**15), 10**15)
PLAIN = st.none() | st.booleans() | st.text() | NUMBERS | st.lists(NUMBERS)
VALUES = st.recursive(PLAIN, lambda inner: st.dictionaries(st.text(), inner, max_size=4))
SPACED = st.sampled_from([(",", ":"), (", ", " : "), ("\n,\t", ":\r")])


@given(values=st.lists(NUMBERS), spaces=SPACED)
def test_numbers_come_back_to_the_bit(values, spaces):
    scanner = Scanner(json.dumps(values, separators=spaces).encode())
    found = scanner.numbers(len(values))
    assert found.tobytes() == np.array(values, np.float64).tobytes()
    scanner.end()


@given(value=st.dictionaries(st.text(), VALUES, max_size=5), spaces=SPACED, ascii=st.booleans())
@pytest.mark.long
def test_keys_are_read_and_values_read_over(value, spaces, ascii):
    scanner = Scanner(json.dumps(value, separators=spaces, ensure_ascii=ascii).encode())
    found = []
    for key in scanner.members():
        found.append(key)
        scanner.skip()
    scanner.end()
    assert found == list(value)


@given(text=st.text(alphabet='[{}]",:0123456789.eE+-truefalsn \\u', max_size=12))
def test_what_no_parser_takes_is_refused(text):
    def standard() -> Any:
        return json.loads(text, parse_constant=lambda name: 1 / 0)

    scanner = Scanner(text.encode())
    try:
        scanner.skip()
        scanner.end()
    except ValueError:
        return
    standard()


def test_items_and_numbers():
    scanner = Scanner(b' [ [1,2] , [ ] ,[3.5e1] ] "')
    found = []
    counts = iter((2, 0, 1))
    for _ in scanner.items():
        found.append(scanner.numbers(next(counts)).tolist())
    assert found == [[1, 2], [], [35]]
    with pytest.raises(ValueError, match="byte 26: expected a value, found '\"'"):
        scanner.number()


@pytest.mark.parametrize("text", ["01", "1.", ".5", "+1", "--1", "1e", "0x1", "Infinity", "1_0"])
def test_a_number_is_one_of_jsons(text):
    with pytest.raises(ValueError, match="byte "):
        Scanner(f"[{text}]".encode()).numbers(1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"' + "a" * 1001 + '"', "byte 0: expected a value"),
        ("1" * 402, "byte 401: expected the end of the file"),
        ("[" + "0," * 1_000_000 + "0]", "byte 0: expected an array of at most 1,000,000 numbers"),
        ('{"a":' * 12 + "0" + "}" * 12, "expected objects of 10 levels and 1000 fields, found 'mo"),
        ("{" + ",".join(f'"{n}":0' for n in range(1001)) + "}", "of 10 levels and 1000 fields"),
    ],
    ids=["text", "number", "array", "levels", "fields"],
)
def test_what_takes_long_is_refused_before_it_does(text, words):
    scanner = Scanner(text.encode())
    with pytest.raises(ValueError, match=words):
        scanner.skip()
        scanner.end()
