"""Found files: a stage whose one output are the files that match a pattern, known by their content.

    Pipeline(find_files("texts", "texts/*.txt"), tokenize)       pipeline run --texts 'other/*.txt'

They are looked for anew for each plan, so a file that is added, changed or taken away is noticed.
Of a path that part counts which the pattern leaves open: below `photos` for `photos/*/*.png`.
"""

from __future__ import annotations

import glob
import itertools
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.parameters import Option, Parameter
from pipeline.stage import Stage
from pipeline.store.digest_cache import DigestCache
from pipeline.store.files import File, Files, identify


def find_files(name: str, pattern: str, help: str = "files to read, as a pattern") -> Stage:
    """A stage `name` whose output `name` are the files that match a pattern (a parameter `name`).

    `**` stands for any folders. They are in the order of their paths. `ConfigError` where none
    matches.
    """
    option = Option(help, metavar="PATTERN")
    parameter = Parameter(name, str, False, pattern, option)
    resolve = _Resolve(name)
    return _Found(name, as_found, (), (name,), {name: parameter}, resolve=resolve, gives=name)


def as_found(**given: Files) -> Files:
    """Find files."""
    (files,) = given.values()
    return files


class _Found(Stage):
    """Pickled by what it was made with: it has no name in a module of its own."""

    def __reduce__(self) -> Any:
        option = self.parameters[self.name]
        return find_files, (self.name, option.default, option.option.help)


class _Resolve:
    """Gives the pattern's files for the pattern; their digests are remembered in `cache`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, cache: DigestCache | None = None, **given: Any) -> dict[str, Any]:
        pattern = os.path.expanduser(given[self._name])
        found = [p for p in sorted(glob.glob(pattern, recursive=True)) if os.path.isfile(p)]
        if not found:
            raise ConfigError(
                f"--{self._name.replace('_', '-')}: expected files that match {pattern!r}, found "
                f"none in {os.getcwd()}"
            )
        files = identify(*map(Path, found), cache=cache).files
        top = _fixed_part(pattern)
        return {self._name: Files(tuple(_below(file, top) for file in files))}


def _fixed_part(pattern: str) -> Path:
    """The folder of a pattern, down to the first part that stands for many names."""
    fixed = [*itertools.takewhile(lambda part: not glob.has_magic(part), Path(pattern).parts)]
    return Path(*fixed).absolute() if len(fixed) < len(Path(pattern).parts) else Path()


def _below(file: File, top: Path) -> File:
    if file.path.parent == top or not file.path.is_relative_to(top):
        return file
    return replace(file, below=file.path.relative_to(top).as_posix())
