"""The messages about what is wrong inside a model or an archive, and about what servers do.

As in test_messages.py; and that no message in the sources is missing in either file.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UserError
from stages.dataset.sources.transfer import fetch
from tests import test_messages as outside
from tests.stages import datasets, models
from tests.stages.http_server import Answer, serving, serving_no_http
from tests.test_messages import DATA, TAR, archive, fits, saved

ROOT, call, made = outside.ROOT, outside.call, outside.made


def spoilt(value: Any, *place: str | int) -> str:
    """A model file that holds `value` in one place."""
    document = models.model(shape=(3, 32, 32)).to_document()
    part = document
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return json.dumps(document)


def tensor(text: str = "", *shape: int, dtype: str = "float32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "base64": text}


FIRST = ("layers", 0, "weights")
MODELS = [
    saved(spoilt("x", "format"), "expected the format 'cifar-pipeline model', found 'x'"),
    saved(
        spoilt(["a", "a"], "classes"),
        "classes: expected a list of different printable names, found ['a', 'a']",
    ),
    saved(spoilt("a\n", "dataset"), "dataset: expected a printable name, found 'a\\n'"),
    saved(spoilt(1, "input"), "input: expected an object, found a number"),
    saved(spoilt("x", "preprocessing", "scale"), "scale: expected unit or <…>, found 'x'"),
    saved(spoilt([{}] * 2000, "layers"), "layers: expected at most 1000, found 2000"),
    saved(spoilt([1], "layers"), "layers[0]: expected an object, found a number"),
    saved(spoilt(5, "layers", 0, "inputs"), "layers[0].weights: expected shape (5, 4), found <…>"),
    saved(spoilt(["a", "b"], "classes"), "layers: expected 2 outputs, one for each class, found 3"),
    saved(
        spoilt([3, 16, 16], "input", "shape"),
        "layers: expected 256 inputs for these images, found 1024",
    ),
    saved(
        spoilt(tensor("", 0, 3), "preprocessing", "standardization"),
        "standardization: expected float32 (0 or 2, 1024), found float32 (0, 3)",
    ),
    saved(
        spoilt(tensor("", 0, 3), "preprocessing", "whitening"),
        "whitening: expected float32 (0, 1024) or (1025, 1024), found float32 (0, 3)",
    ),
    saved(
        spoilt(tensor("AAAAAA==", 1), "layers", 0, "means"),
        "layers[0]: expected the tensors weights, biases, found biases, means, weights",
    ),
    saved(
        spoilt(tensor("AAAAAA==", 1), "layers", 0, "biases"),
        "layers[0].biases: expected float32 (4,), found float32 (1,)",
    ),
    saved(spoilt(1, *FIRST), "layers[0].weights: expected a tensor, found a number"),
    saved(
        spoilt(tensor(dtype="int8"), *FIRST),
        "layers[0].weights: expected dtype <…>, found 'int8'",
    ),
    saved(spoilt(tensor("", -1), *FIRST), "layers[0].weights: expected a shape, found [-1]"),
    saved(
        spoilt({**tensor(), "base64": 1}, *FIRST),
        "layers[0].weights: expected base64 text, found a number",
    ),
    saved(
        spoilt(tensor("?"), *FIRST),
        "layers[0].weights: expected base64 text, found other characters",
    ),
    saved(
        spoilt(tensor("", 2, 2), *FIRST),
        "layers[0].weights: expected 16 bytes for shape [2, 2], found 0",
    ),
    saved(
        spoilt(tensor("AADAfw==", 1), *FIRST),
        "layers[0].weights: expected finite numbers, found NaN or Inf",
    ),
    saved("[" * 60 + "]" * 60, "expected JSON, found brackets nested too deeply"),
    saved("[" * 100_000, "expected JSON, found brackets nested too deeply"),
    saved("[" + "1," * 1_000_000, "expected at most 1,000,000 values, found about 1,000,001"),
    saved('{"a": 1, "a": 2}', "expected each key once, found 'a' twice"),
    saved('"\\ud800"', "expected Unicode text, found half a character in '\\ud800'"),
    saved("1e999", "expected finite numbers, found 1e999"),
]


def header(name: str, size: int | bytes, kind: bytes = b"0") -> bytes:
    """A tar header with a good checksum."""
    digits = size if isinstance(size, bytes) else b"%011o\0" % size
    block = bytearray(512)
    block[:4], block[124:136] = name.encode().ljust(4, b"\0"), digits.ljust(12, b"\0")
    block[156:157] = kind
    block[257:265], block[148:156] = b"ustar\x0000", b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


PACKED = "the compressed bytes are cut or damaged"
WHOLE = "expected a whole tar archive, with"
AGAIN = "get the archive again"
ARCHIVES = [
    archive(TAR[:-10240], f"{WHOLE} more bytes at byte <…>, found the end: it is cut; {AGAIN}"),
    archive(
        header("a", 9) + b"short" + bytes(600),
        f"{WHOLE} more bytes at byte <…>, found the end: it is cut; {AGAIN}",
    ),
    archive(
        header("a", 1 << 22, b"x") + bytes(1024),
        f"{WHOLE} at most 2097152 bytes of extended headers at byte 512, found more; {AGAIN}",
    ),
    archive(
        header("a", 4, b"x") + b"9 =\n".ljust(512, b"\0") + bytes(1024),
        f"{WHOLE} an extended header at byte 516, found something else: it is damaged; {AGAIN}",
    ),
    archive(
        header("a", b"77777777777\0") * 9,
        f"{WHOLE} more bytes at byte <…>, found the end: it is cut; {AGAIN}",
    ),
    archive(
        header("a", 11, b"x") + b"11 size=xx\n".ljust(512, b"\0") + header("b", 0) + bytes(1024),
        f"{WHOLE} a size that leaves the archive below <…> bytes at byte 1536, found 'xx'; {AGAIN}",
    ),
    archive(
        datasets.gz(TAR) + b"something else",
        f"{PACKED} (something else follows them); {AGAIN}",
    ),
    archive(
        datasets.gz(TAR) + gzip.compress(b"", 1) * 1300,
        f"{PACKED} (they are in too many small pieces); {AGAIN}",
    ),
    archive(
        gzip.compress(datasets.tar({"a.bin": b""})[:512] + bytes(1 << 27), 1),
        f"{PACKED} (they stand for more than 100 times as many, as no images do); {AGAIN}",
    ),
]

CASES = [*MODELS, *ARCHIVES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.message[-60:]}")
def test_a_file_with_a_mistake_inside(case, call, tmp_path, monkeypatch):
    outside.test_a_mistake(case, call, tmp_path, monkeypatch)


LARGE = (
    "error: m.json: not a valid model file: expected at most 1,073,741,824 bytes, found "
    "1,073,741,825"
)


def test_a_model_file_that_is_too_large(call, tmp_path):
    with open(tmp_path / "m.json", "wb") as file:
        file.truncate((1 << 30) + 1)
    assert call(f"run {DATA} --load m.json") == (2, LARGE)


GZ = datasets.gz(TAR)
SERVERS = [
    (
        "answered with a web page (HTML) instead of the file",
        [Answer(headers={"Content-Type": "text/html"})],
    ),
    (
        "answered with a web page (HTML or XML) instead of an archive",
        [Answer(body=b"<html>")],
    ),
    (
        "answered with 100,000.0 MB, more than is accepted",
        [Answer(length=False, headers={"Content-Length": "100000000000"})],
    ),
    ("answered HTTP 503 Service Unavailable", [Answer(status=503)]),
    (
        "answered HTTP 302 Found - Redirection to 'ftp://host/x' is not allowed",
        [Answer(status=302, headers={"Location": "ftp://host/x"})],
    ),
    ("ended after 0 of <…> bytes", [Answer(cut=0)]),
    ("fell silent after 0 of <…> bytes", [Answer(cut=0, stall=0.5)]),
    ("broke off after 0 of unknown bytes (<…>)", [Answer(cut=0, chunked=True)]),
    ("sent a file that is not the right one (<…>)", [Answer(flip=len(GZ) // 2)]),
    (
        "ended without saying how much is to come, and sent a file that is not the right one (<…>)",
        [Answer(cut=1500, length=False), Answer(cut=0, length=False, ranges=False)],
    ),
    (
        "has another version than the one that was received in part",
        [Answer(cut=1500), Answer(status=416, headers={"Content-Range": "bytes */9"})],
    ),
    (
        "answered with other bytes than the missing ones",
        [Answer(cut=1500), Answer(shift=1)],
    ),
    (
        "sent more bytes than it had announced",
        [
            Answer(cut=1500, length=False),
            Answer(length=False, headers={"Content-Range": "bytes 1500-1509/1510"}),
        ],
    ),
]
UNREACHABLE = [
    ("cannot be reached: <…>", "https://127.0.0.1:1/x"),
    ("is no valid address: <…>", f"http://{'a' * 70}./"),
]
MORE = "answered with more than is accepted"
NO_HTTP = "does not answer: <…>"
LOST = (
    "error: <…> could not be downloaded in <…> attempt<…>: <…> {}; <…>; run the same command again "
    "to go on, or use --source PATH with a copy from elsewhere, or --source synthetic"
)


@pytest.fixture
def lost(call, monkeypatch) -> Callable[[str, str], None]:
    """See that a download ends with certain words, after one attempt that brought nothing."""
    monkeypatch.setenv("PIPELINE_DATA_DIR", "d")
    monkeypatch.setattr("stages.download.fetch", partial(fetch, delays=(), timeout=0.2))

    def go(words: str, url: str) -> None:
        status, line = call(f"download --source {url}")
        assert fits(LOST.format(words), line), line
        assert status == 2

    return go


@pytest.mark.parametrize(("words", "answers"), SERVERS, ids=lambda value: str(value)[:40])
def test_a_server_that_does_not_give_it(lost, words, answers):
    with serving(GZ, *answers) as server:
        lost(words, server.url)


@pytest.mark.parametrize(("words", "url"), UNREACHABLE)
def test_a_server_that_is_not_reached(lost, words, url):
    lost(words, url)


def test_a_server_that_never_ends(lost, monkeypatch):
    monkeypatch.setattr("stages.dataset.sources.request.LARGEST", 1000)
    with serving(GZ, Answer(length=False)) as server:
        lost(MORE, server.url)


def test_a_server_of_something_else(lost):
    with serving_no_http(1) as url:
        lost(NO_HTTP, url)


# Messages that a command line cannot provoke, or only by a race; the tests of the modules do.
ELSEWHERE = {
    "expected an executor of": "flags are checked before; for users of the library",
    "--workers: expected at least": "flags are checked before; for users of the library",
    "unknown flag": "click knows all flags; for users of the library",
    "is being written by another program": "a file that changes while it is read",
    "expected a readable file at": "a file that turns unreadable while it is read",
    "cannot be read: ": "a file that turns unreadable while it is read",
    "its certificate is not valid: ": "a server of an address that is no test's",
    'expected {"files"': "a damaged reference: it is made anew",
}
# Who makes a message of its argument, beside the exceptions that are a user's.
MAKERS = {"Refused", "Interrupted", "require", "_refused"}


def test_every_message_in_the_sources_is_here():
    known = [case.message for case in [*outside.CASES, *CASES]] + outside.OTHERS
    known += [words for words, _ in [*SERVERS, *UNREACHABLE]] + [MORE, NO_HTTP, LARGE]
    missing = []
    for path in [*ROOT.glob("pipeline/*.py"), *ROOT.glob("stages/*.py")]:
        for line, text in _messages(path):
            pattern = re.compile(".*".join(map(re.escape, text)))
            literal = max(text, key=len)
            here = any(pattern.search(message) for message in known)
            elsewhere = any(words in "".join(text) for words in ELSEWHERE)
            if len(literal) > 8 and not here and not elsewhere:
                missing.append(f"{path.relative_to(ROOT)}:{line}: {'…'.join(text)}")
    assert missing == []


def _messages(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The line and the fixed parts of each message of an error that is a user's."""
    family = {error.__name__ for error in (UserError, *UserError.__subclasses__())} | MAKERS
    family |= {"ValueError"} if path.parent.name == "stages" else set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in family:
                yield from ((node.lineno, text) for text in map(_fixed, node.args) if any(text))


def _fixed(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.JoinedStr):
        return [str(part.value) for part in node.values if isinstance(part, ast.Constant)] or [""]
    if isinstance(node, ast.BinOp):
        return [*_fixed(node.left), *_fixed(node.right)]
    return [""]
