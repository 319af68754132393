"""What can be known of a program that a stage has started, from its command.

A program runs in a process of its own, where nothing is observed. Its files in sight count: those
that the command names, and, of a Python program, its module or script with all that this imports.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import sys
from typing import NamedTuple

from pipeline.code.syntax import parse

_SHELLS = {"sh", "bash", "dash", "zsh"}
_WITH_VALUE = {"-W", "-X", "--check-hash-based-pycs"}


class Started(NamedTuple):
    """A program: its name, the files that its command names, and what of it is Python."""

    name: str
    files: list[str]
    modules: list[str]
    scripts: list[str]


def started(command: tuple[str, ...], folder: str) -> Started:
    """What a command, run in `folder`, says of what it will read."""
    words = list(command)
    if os.path.basename(words[0]) in _SHELLS and "-c" in words[1:]:
        words = _shell_words(words[words.index("-c", 1) + 1])
    name = os.path.basename(words[0]) if words else "a shell"
    program = shutil.which(words[0], path=None) if words else None
    files = [os.path.join(folder, word) for word in words]
    files = [file for file in files if os.path.isfile(file)]
    files += [program] if program and program not in files else []
    modules, scripts = [], []
    for place, word in enumerate(words):
        if re.fullmatch(r"python[\d.]*", os.path.basename(word)) or word == sys.executable:
            found = _python(words[place + 1 :], folder)
            name = f"{name} {found.name}".strip() if place == 0 else name
            modules += found.modules
            scripts += found.scripts
    files = [file for file in files if file not in scripts]
    return Started(name, files, modules, scripts)


def _python(words: list[str], folder: str) -> Started:
    """What the arguments of an interpreter run."""
    while words:
        word = words.pop(0)
        if word == "-m" and words:
            return Started(f"-m {words[0]}", [], [words[0]], [])
        if word == "-c" and words:
            return Started("-c", [], _imports(words[0]), [])
        if word in _WITH_VALUE:
            words = words[1:]
        elif not word.startswith("-"):
            path = os.path.join(folder, word)
            path = os.path.join(path, "__main__.py") if os.path.isdir(path) else path
            return Started(word, [], [], [os.path.normpath(path)])
    return Started("", [], [], [])


def _imports(source: str) -> list[str]:
    try:
        nodes = list(ast.walk(parse(source)))
    except SyntaxError:
        return []
    found = [alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def _shell_words(text: str) -> list[str]:
    try:
        return [word for word in shlex.split(text, comments=True) if word.strip(";&|")]
    except ValueError:
        return text.split()
