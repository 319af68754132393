"""Arguments of `run` and `plan`: their types, and mistakes in words of Python.

Messages name flags, for most of their readers gave flags: `--jobs: expected …`. Whoever calls from
Python gave arguments, and reads `jobs: expected …`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any

from pipeline.errors import ConfigError, UserError
from pipeline.graph import Pipeline
from pipeline.names import in_words_of_python
from pipeline.stage import Stage
from pipeline.store.store import Store


@contextmanager
def in_python(
    function: Callable[..., Any], pipeline: Pipeline
) -> Iterator[tuple[list[str], Callable[[str], str]]]:
    """The arguments of a function that takes a pipeline and its parameters, and a function that
    spells a message by them where it names flags; mistakes in the block are spelled so, too."""
    known = sorted({*signature(function).parameters} - {"pipeline", "parameters"})

    def spelled(message: str) -> str:
        return in_words_of_python(message, {*known, *getattr(pipeline, "parameters", ())})

    try:
        yield known, spelled
    except UserError as error:
        error.args = tuple(spelled(one) if isinstance(one, str) else one for one in error.args)
        raise


def names_of(targets: Iterable[str]) -> list[str]:
    """The names of stages as a list: they are gone through more than once."""
    if isinstance(targets, Iterable) and not isinstance(targets, str | Stage):
        names = [*targets]
        if all(isinstance(name, str) for name in names):
            return names
    raise ConfigError(
        f"targets: expected a list of names of stages, found {targets!r:.60}; give ['NAME']"
    )


def check_types(pipeline: Any, store: Any, remote: Any = None, on_event: Any = None) -> None:
    """Raise `ConfigError` for what is nothing of the kind that is expected."""
    if not isinstance(pipeline, Pipeline):
        raise _unlike("pipeline", "a Pipeline, Pipeline(one, another)", pipeline)
    if not isinstance(store, Store) and not (
        isinstance(store, str | os.PathLike) and isinstance(os.fspath(store), str)
    ):
        raise _unlike("store", "a folder or a Store", store)
    if not isinstance(remote, str | None):
        raise _unlike("remote", "an address as a text", remote)
    if on_event is not None and not callable(on_event):
        raise _unlike("on_event", "a function, which is called with each event", on_event)


def _unlike(name: str, expected: str, found: Any) -> ConfigError:
    return ConfigError(f"{name}: expected {expected}, found {type(found).__name__} {found!r:.60}")
