"""Every error message that a user can meet, and the status that comes with it.

Each is provoked by the real command line and compared to the letter, as far as the words are ours:
`<…>` stands for those of others (click, Python, the system) and for what differs from machine to
machine, `{here}` for the folder of the test. test_all.py looks for messages in the sources that
nothing here provokes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from stages.dataset.formats.layout import SHAPE_CLASSES
from tests.stages import datasets, models

ROOT = Path(__file__).parents[2]

SMALL = "--source synthetic --synthetic-size 100 --batch 20 --hidden 8 --epochs 1"

DATA = "--source synthetic --synthetic-size 100"

SHA = "0" * 64

LAYOUT = "the file is cut or not in CIFAR-10's binary layout"

Files = dict[str, bytes | str | None]


@dataclass(frozen=True)
class Case:
    """A command line in a folder with some files (None: a folder), and the line it ends with."""

    command: str
    message: str
    files: Files = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    status: int = 2


def config(text: str | bytes, message: str) -> Case:
    return Case("run --config c.toml", f"error: c.toml{message}", {"c.toml": text})


def folder(message: str, **changes: bytes | None) -> Case:
    content: Files = {**datasets.files()}
    content |= {name.replace("__", "."): data for name, data in changes.items()}
    return Case("decode --source .", f"error: {{here}}/{message}", content)


def archive(data: bytes, message: str) -> Case:
    return Case("decode --source a.tar", f"error: {{here}}/a.tar: {message}", {"a.tar": data})


def saved(text: str | bytes, message: str) -> Case:
    files: Files = {"m.json": text}
    return Case(
        f"run {DATA} --load m.json", f"error: m.json: not a valid model file: {message}", files
    )


def changed(**fields: object) -> str:
    document = models.model(shape=(3, 32, 32)).to_document()
    return json.dumps({**document, **fields})


def ten_classes() -> object:
    made = models.model(shape=(3, 32, 32), classes=SHAPE_CLASSES)
    return made.to_document()["layers"]


def too_large() -> str:
    made = models.model(shape=(3, 32, 32), classes=SHAPE_CLASSES)
    made.network.parameters[:] = 3e38
    made.network.parameters[::3] = -3e38
    return json.dumps(made.to_document())


TAR = datasets.tar(datasets.files())

Call = Callable[..., tuple[int, str]]


def fits(message: str, line: str) -> bool:
    return bool(re.fullmatch(re.escape(message).replace(re.escape("<…>"), ".*"), line))


def check(case: Case, call: Call, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """See that a case ends as it says."""
    for name, content in case.files.items():
        if content is None:
            (home / name).mkdir()
        else:
            data = content.encode() if isinstance(content, str) else content
            (home / name).write_bytes(data)
    for name, value in case.environment.items():
        monkeypatch.setenv(name, value)
    status, line = call(case.command)
    assert fits(case.message, line), line
    assert status == case.status
    assert not re.search(r"\b([a-z]{3,}) (the )?\1\b", line), "a word comes twice"


def short(case: Case) -> str:
    """What a test of a case is called."""
    return case.message.removeprefix("error: ")[-60:]
