"""Damage: from valid bytes or a valid JSON value to one that is nearly valid.

Most of what a decoder must withstand lies close to what it accepts; noise alone is refused at the
first byte. So each function takes something valid and changes a few places of it.
"""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

NUMBERS = (0, 1, 2, 7, 8, 127, 128, 255, 256, 511, 512, 3072, 3073, 32767, 32768, 65535, 65536)
NUMBERS += (2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30)
TEXTS = ("", " ", ".", "..", "/", "../secret.txt", "/etc/passwd", "a/b", "\0", "\n", "\x1b[2J")
TEXTS += ("é", "\u202e", "\ud800", "\udcff", "\ufeff", "none", "NaN", "0", "-1", "1e999", "True")
TEXTS += ("float32", "float64", "object", "O", "<f4", "|u1", "V8", "relu", "linear", "dense")
TEXTS += ("os.system", "__class__", "{0}", "%s", "%n", "$HOME", "A" * 300, "ab" * 5000)
FLOATS = (0.5, -0.0, 1.0, -1.5, 1e-320, 1e38, 1e308, -1e308)


def damaged(rng: Random, data: bytes, most: int = 4) -> bytes:
    """`data` with up to `most` changes: flipped, replaced, doubled, moved or missing bytes."""
    found = bytearray(data)
    for _ in range(rng.randint(1, most)):
        rng.choice(_CHANGES)(rng, found)
    return bytes(found)


def noise(rng: Random, most: int = 600) -> bytes:
    """Bytes without any structure."""
    return rng.randbytes(rng.randrange(most))


def damaged_json(rng: Random, value: Any, most: int = 3) -> Any:
    """A JSON value, not shared with anything else, with up to `most` of its parts changed."""
    for _ in range(rng.randint(1, most)):
        value = _change_part(rng, value)
    return value


def json_bytes(rng: Random, value: Any) -> bytes:
    """A JSON value as a file, now and then written as no JSON writer would."""
    text = re.sub('"@([0-9]+)@"', lambda match: _brackets(int(match[1])), json.dumps(value))
    if rng.random() < 0.3:
        text = rng.choice(_WRITINGS)(rng, text)
    data = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.1:
        data = rng.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\0")) + data
    return damaged(rng, data, 2) if rng.random() < 0.15 else data


def any_value(rng: Random, depth: int = 2) -> Any:
    """Some JSON value, more often odd than not."""
    kind = rng.randrange(9 if depth else 7)
    if kind < 3:
        return rng.choice((None, True, False, *FLOATS))
    if kind < 5:
        return rng.choice(NUMBERS) * rng.choice((1, 1, -1))
    if kind < 7:
        return rng.choice(TEXTS)
    parts = [any_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return parts if kind == 7 else {str(rng.choice(TEXTS)): part for part in parts}


def _nested(rng: Random) -> str:
    """What `json_bytes` turns into a value inside very many brackets."""
    return f"@{rng.choice((10, 100, 900, *range(950, 1000, 2)))}@"


def _change_part(rng: Random, value: Any) -> Any:
    """Walk down to a random part and change it there; the whole is given back."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.04:
        return _nested(rng) if rng.random() < 0.02 else any_value(rng)
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key = rng.choice(keys)
    what = rng.random()
    if what < 0.62:
        value[key] = _change_part(rng, value[key])
    elif what < 0.74:
        del value[key]
    elif what < 0.82:
        other = rng.choice(keys)
        value[key], value[other] = value[other], value[key]
    elif what < 0.9 and isinstance(value, list):
        value.insert(key, value[rng.choice(keys)])
    elif isinstance(value, dict):
        value[str(rng.choice(TEXTS))] = value[key]
    else:
        value.append(any_value(rng))
    return value


def _flip(rng: Random, data: bytearray) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _put(rng: Random, data: bytearray) -> None:
    """A number of some width in either byte order, or as digits, in place of what was there."""
    width = rng.choice((1, 1, 2, 4, 8))
    number = rng.choice(NUMBERS) % (1 << 8 * width)
    piece = number.to_bytes(width, rng.choice(("little", "big")))
    if rng.random() < 0.2:
        piece = str(number).encode()
    at = rng.randrange(len(data) + 1)
    data[at : at + len(piece)] = piece


def _cut(rng: Random, data: bytearray) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _remove(rng: Random, data: bytearray) -> None:
    at = rng.randrange(len(data) + 1)
    del data[at : at + rng.choice((1, 2, 16, 512, 3073))]


def _repeat(rng: Random, data: bytearray) -> None:
    at, length = rng.randrange(len(data) + 1), rng.choice((1, 4, 16, 512))
    data[at:at] = data[at : at + length] * rng.choice((1, 2, 8))


def _scatter(rng: Random, data: bytearray) -> None:
    at = rng.randrange(len(data) + 1)
    data[at : at + 8] = rng.choice((rng.randbytes(8), b"\0" * 8, b"\xff" * 8, b""))


_CHANGES = (_flip, _flip, _put, _put, _cut, _remove, _repeat, _scatter)


def _brackets(depth: int) -> str:
    return "[" * depth + "]" * depth


def _odd_number(rng: Random, text: str) -> str:
    word = rng.choice(("NaN", "-Infinity", "1e999", "9" * 5000, "-0", "01", "0x10", "1_000"))
    return _replaced(rng, text, word)


def _twice(rng: Random, text: str) -> str:
    """An object with a key that is there twice."""
    at = text.find('"', rng.randrange(len(text) + 1))
    end = text.find('":', at + 1)
    if at < 0 or end < 0 or "," in text[at:end]:
        return text + text
    return f"{text[:at]}{text[at : end + 1]}:0,{text[at:]}"


def _deep(rng: Random, text: str) -> str:
    depth = rng.choice((50, 900, 1100, 20_000))
    return _replaced(rng, text, rng.choice(("[" * depth, _brackets(depth), '{"":' * depth)))


def _replaced(rng: Random, text: str, word: str) -> str:
    """`text` with `word` in place of what stands behind some colon or comma."""
    at = max(text.find(mark, rng.randrange(len(text) + 1)) for mark in ":,") + 1
    return text[:at] + word + text[at + rng.randrange(12) :]


_WRITINGS = (
    _odd_number,
    _odd_number,
    _twice,
    _deep,
    lambda rng, text: text[: rng.randrange(len(text) + 1)],
    lambda rng, text: text + rng.choice(("x", "{}", "\0", "]", " \n")),
    lambda rng, text: text.replace('"', "'", 3),
    lambda rng, text: _replaced(rng, text, r'"\ud83d\udE00\ud800"'),
)
