"""Every message in the sources is met by a case here, or by a test of the module that makes it.

Seen is each place in either tree where an error that is a user's is made, wherever the file lies.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from tests.imports import ROOT, modules, name_of
from tests.messages.case import Case

Place = tuple[Path, int, list[str]]
LEAST, FEW = 12, 3  # characters that a test says, and messages that may share them
# Who makes a message of its argument, beside the exceptions that are a user's.
MAKERS = {"Refused", "Interrupted", "require", "_refused"}
# What these raise becomes a message that begins with the name of the file.
IN_FILES = ("stages.modelfile", "stages.dataset")


def test_every_message_in_the_sources_is_met():
    known = [text for path in modules("tests/messages") for text in texts_of(path)]
    unmet = [
        (path, line, text)
        for path, line, text in places()
        if len(max(text, key=len)) > 8
        and not any(map(_pattern(text).search, known))
        and not any(words in "".join(text) for words in ELSEWHERE)
    ]
    missing = [
        f"{path.relative_to(ROOT)}:{line}: {'…'.join(text)}"
        for (path, line, text), met in zip(unmet, said_by_tests(unmet), strict=True)
        if not met
    ]
    assert missing == []


def said_by_tests(unmet: Sequence[Place]) -> list[bool]:
    """Whether some test says words of a message that few other messages have."""
    everything = ["".join(text) for _, _, text in places()]
    shared = Counter(words for text in set(everything) for words in _windows(text))
    said = {
        words
        for path in modules("tests")
        for text in _strings(path)
        for words in _windows(text.replace("\\", ""))
        if 0 < shared.get(words, 0) <= FEW
    }
    return [bool(said & _windows("".join(text))) for _, _, text in unmet]


def _windows(text: str) -> set[str]:
    return {text[start : start + LEAST] for start in range(len(text) - LEAST + 1)}


def _strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _pattern(text: Sequence[str]) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text)))


def test_the_places_are_all_seen():
    """The walk goes through the trees as they are: no list of folders can go stale."""
    assert len(places()) >= 98


@cache
def places() -> list[Place]:
    """File, line, and the fixed parts of each message of an error that is a user's."""
    return list(_places())


def _places() -> Iterator[Place]:
    family = {"UserError"} | MAKERS
    trees = {
        path: ast.parse(path.read_text("utf-8"))
        for path in [*modules("pipeline"), *modules("stages")]
        if not name_of(path).startswith("stages.neuralnet")
    }
    nodes = {path: list(ast.walk(tree)) for path, tree in trees.items()}
    classes = [one for each in nodes.values() for one in each if isinstance(one, ast.ClassDef)]
    for _ in range(3):  # errors of errors of errors
        family |= {
            node.name
            for node in classes
            if family & {getattr(base, "id", "") for base in node.bases}
        }
    assert {error.__name__ for error in UserError.__subclasses__()} <= family
    for path, each in nodes.items():
        here = family | ({"ValueError"} if name_of(path).startswith(IN_FILES) else set())
        for node in each:
            if isinstance(node, ast.Call) and _called(node) in here:
                yield from (
                    (path, node.lineno, text) for text in map(_fixed, node.args) if any(text)
                )


def texts_of(path: Path) -> Iterator[str]:
    """The messages that a file of this folder expects: cases, and constants of its own."""
    module = importlib.import_module(name_of(path))
    for name, value in vars(module).items():
        if name.isupper() or name.startswith("test_"):
            yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Case):
        yield value.message
    elif isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _fixed(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.JoinedStr):
        return [str(part.value) for part in node.values if isinstance(part, ast.Constant)] or [""]
    if isinstance(node, ast.BinOp):
        return [*_fixed(node.left), *_fixed(node.right)]
    return [""]


# Messages that no test can provoke in a moment.
ELSEWHERE = {
    ": over ": "tests/pipeline/test_mapping.py has all of it",
    "expected [SHA-256, size, path]": "reported as a listing that cannot be read",
    " pixels a side, found ": "examples of thousands of pixels a side",
    " files in the archive, found ": "an archive of a million files",
    ": expected  to  classes, found ": "labels of more classes than are possible",
    "expected the name of one of two arrays": "its words are those of the file",
    " bytes, as one ONNX file can hold": "a network of two gigabytes",
    " neurons, found more": "a file of thousands of neurons of gon's",
    " layers, found more": "a file of a thousand layers of gon's",
    " weights, found more": "a file of millions of weights of gon's",
}
