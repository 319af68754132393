"""Every message in the sources is met by a case here, or by a test that is named.

Seen is each place in either tree where an error that is a user's is made, wherever the file lies.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from tests.imports import ROOT, modules, name_of
from tests.messages.case import Case

# Who makes a message of its argument, beside the exceptions that are a user's.
MAKERS = {"Refused", "Interrupted", "require", "_refused"}
# What these raise becomes a message that begins with the name of the file.
IN_FILES = ("stages.modelfile", "stages.dataset")


def test_every_message_in_the_sources_is_met():
    known = [text for path in modules("tests/messages") for text in texts_of(path)]
    missing = []
    for path, line, text in places():
        pattern = re.compile(".*".join(map(re.escape, text)))
        if len(max(text, key=len)) <= 8 or any(pattern.search(message) for message in known):
            continue
        if name_of(path).removeprefix("stages.dataset.") in SOURCES:
            continue
        if not any(words in "".join(text) for words in ELSEWHERE):
            missing.append(f"{path.relative_to(ROOT)}:{line}: {'…'.join(text)}")
    assert missing == []


def test_the_places_are_all_seen():
    """The walk goes through the trees as they are: no list of folders can go stale."""
    assert len(places()) >= 98


@cache
def places() -> list[tuple[Path, int, list[str]]]:
    """File, line, and the fixed parts of each message of an error that is a user's."""
    return list(_places())


def _places() -> Iterator[tuple[Path, int, list[str]]]:
    family = {"UserError"} | MAKERS
    trees = {
        path: ast.parse(path.read_text("utf-8"))
        for path in [*modules("pipeline"), *modules("stages")]
        if not name_of(path).startswith("stages.neuralnet")
    }
    for _ in range(3):  # errors of errors of errors
        for tree in trees.values():
            family |= {
                node.name
                for node in ast.walk(tree)
                if isinstance(node, ast.ClassDef)
                and family & {getattr(base, "id", "") for base in node.bases}
            }
    assert {error.__name__ for error in UserError.__subclasses__()} <= family
    for path, tree in trees.items():
        here = family | ({"ValueError"} if name_of(path).startswith(IN_FILES) else set())
        for node in ast.walk(tree):
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


# Files whose messages are met one by one, in part, by tests/stages/dataset/test_refused*.py.
SOURCES = {
    *("aside", "classes", "holdout", "sources.folder", "sources.paths"),
    *("formats.arrays", "formats.blobs", "formats.cifar100", "formats.decoding"),
    *("formats.examples", "formats.idx", "formats.kinds", "formats.npy"),
    *("formats.picture_archives", "formats.rows", "formats.delimited", "formats.parquet"),
    *("formats.cells", "formats.columns"),
    *("formats.listing", "formats.pictures", "formats.readers", "formats.table", "formats.zips"),
}
# Messages that a command line cannot provoke, or only by a race, and the tests that do.
ELSEWHERE = {
    "which has no content to compare": "tests/pipeline/code/test_unpicklable.py",
    " was loaded before ": "tests/pipeline/test_observation.py",
    " ran: expected the same file until the end": "tests/pipeline/test_observation.py",
    "expected the code that was planned with": "tests/pipeline/test_observation.py",
    " for an input; nothing is stored": "tests/pipeline/test_observation.py",
    "expected a dict of the outputs": "tests/pipeline/test_refusals.py",
    "expected what comes back as it is": "tests/pipeline/test_refusals.py",
    "expected a block of ": "tests/pipeline/store/test_outputs.py",
    "expected as many rows of each output": "tests/pipeline/test_refusals.py",
    "expected blocks of rows": "tests/pipeline/store/test_outputs.py",
    "expected texts for keys": "tests/pipeline/store/test_outputs.py",
    "expected JSON of some depth": "tests/pipeline/test_refusals.py",
    "expected JSON, which has no ": "tests/pipeline/test_refusals.py",
    "expected to be let write": "tests/pipeline/test_refusals.py",
    "expected a file system that can do it": "tests/pipeline/test_refusals.py",
    "expected a readable folder at": "tests/pipeline/test_uses.py",
    "expected two trials or more": "tests/pipeline/test_refusals.py",
    "files that can be read, found": "tests/stages/commands/test_predict_many.py",
    "in the folder, found none": "tests/stages/commands/test_predict_many.py",
    "--note: expected a line of at most": "tests/stages/commands/runs/test_labels.py",
    "expected the tags and notes of runs": "tests/stages/commands/runs/test_labels.py",
    "tag: expected a tag of letters": "tests/stages/commands/runs/test_labels.py",
    "--remove: expected a tag that": "tests/stages/commands/runs/test_labels.py",
    "--executor: expected one of": "tests/pipeline/test_api.py",
    "--jobs: expected a number of at least 1": "tests/pipeline/test_api.py",
    "--workers: expected at least": "tests/pipeline/executors/test_cores.py",
    "expected the process that runs a stage": "tests/pipeline/test_side_by_side.py",
    "one was killed, for want of memory perhaps": "tests/pipeline/executors/test_tasks.py",
    "unknown parameter ": "tests/pipeline/test_settings.py",
    "is being written by another program": "tests/pipeline/store/test_files.py",
    "expected a readable file at": "tests/pipeline/store/test_files.py",
    'expected {"files"': "tests/pipeline/store/test_damage.py",
    "cannot be read: ": "tests/stages/dataset/formats/test_inflate.py",
    "its certificate is not valid: ": "tests/stages/dataset/sources/test_answers.py",
    "expected the URL of the labels": "tests/stages/test_download.py",
    "expected a model of a table with these": "tests/stages/test_evaluate.py",
    "its header has no end": "tests/stages/dataset/formats/test_bounded.py",
    "expected a source of one file": "tests/stages/test_download.py",
    "expected an image file of at most": "tests/stages/dataset/formats/test_bounded.py",
    "input.shape: expected [": "tests/stages/modelfile/test_other_inputs.py",
    "expected a name and a kind of column": "tests/stages/modelfile/test_other_inputs.py",
    "rows: expected finite numbers": "tests/stages/modelfile/test_images.py",
    "--optimizer ": "tests/stages/training/test_components.py",
    "images: expected uint8": "tests/stages/modelfile/test_images.py",
    "expected layers of the kind": "tests/stages/modelfile/formats/test_steps.py",
    "expected a training with": "tests/stages/commands/report/test_command.py",
    " bytes, as one ONNX file can hold": "a network of two gigabytes",
    " neurons, found more": "a file of thousands of neurons of gon's",
    " layers, found more": "a file of a thousand layers of gon's",
    " weights, found more": "a file of millions of weights of gon's",
}
