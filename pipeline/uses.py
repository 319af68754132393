"""What a stage says that it depends on, beside its code, its parameters and its inputs.

    @stage(outputs=("out",), uses=[Path("table.csv"), env("MODE"), package("numpy"), "v2"])

    Path            a file or a folder: its content, or that it is missing
    env(name)       an environment variable
    package(name)   an installed package: its version
    str             a label; change it to make the stage run again

Each is a field of the fingerprint, and `explain` names it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import DataError, GraphError
from pipeline.store.files import identify


@dataclass(frozen=True)
class Environment:
    """An environment variable. Only a digest of its value is kept: it may be a secret."""

    name: str


@dataclass(frozen=True)
class Package:
    """An installed package, by the name that it is installed under."""

    name: str


def env(name: str) -> Environment:
    """An environment variable that a result depends on."""
    return Environment(name)


def package(name: str) -> Package:
    """An installed package whose version a result depends on."""
    return Package(name)


def digests_of(uses: Iterable[object]) -> dict[str, str]:
    """Each declared dependency in words, with a digest of what it is now.

    Raises `GraphError` for what is none, and `DataError` for a file that cannot be read.
    """
    return dict(map(_digest, uses))


def _digest(use: object) -> tuple[str, str]:
    match use:
        case Path():
            return f"file {use}", _of_path(use)
        case Environment(name):
            return f"environment variable {name}", digest_of_text(os.environ.get(name))
        case Package(name):
            return f"package {name}", digest_of_text(_version(name))
        case str():
            return f"label {use}", ""
    raise GraphError(
        f"uses: expected a Path, env(…), package(…) or a text, found {type(use).__name__}"
    )


def digest_of_text(text: str | None) -> str:
    """The digest of a text; "" for None, which is not the empty text."""
    return "" if text is None else hashlib.sha256(os.fsencode(text)).hexdigest()


def _of_path(path: Path) -> str:
    if not path.exists():
        return ""
    if not path.is_dir():
        return identify(path).digest()
    try:
        files = sorted(inner for inner in path.rglob("*") if inner.is_file())
    except OSError as error:
        raise DataError(f"expected a readable folder at {path}: {error.strerror}") from error
    names = [f"{inner.relative_to(path)}\0{identify(inner).digest()}" for inner in files]
    return digest_of_text("\0".join(names))


def _version(name: str) -> str | None:
    from importlib import metadata  # imported here: few stages name a package

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
