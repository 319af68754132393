"""A small dataflow framework: stages wired by artifact name, cached, resumable, reproducible.

    stage, Option                   declare a stage and its parameters
    Pipeline                        wire stages
    run, plan                       bring results up to date, or see what would run
    Context, QUIET                  what a running stage may use beside its inputs
    Stream                          blocks and batches, pulled one by one
    find_files                      a stage that finds files by a pattern
    env, package                    what a stage depends on that is not in its code
    Serializer, register_serializer values that are stored in a format of their own
    Store                           results on disk
    Program, make_cli, run_cli      a command line for a pipeline
    errors                          the exceptions

See README.md beside this file. What is not needed to declare a pipeline is imported when it is
first used.
"""

from __future__ import annotations

from typing import Any

from pipeline import errors
from pipeline.context import QUIET, Context
from pipeline.graph import Pipeline
from pipeline.stage import Option, stage

_LATER = {
    "Program": "pipeline.cli.program",
    "Serializer": "pipeline.store.serializers",
    "Store": "pipeline.store.store",
    "Stream": "pipeline.stream",
    "env": "pipeline.uses",
    "find_files": "pipeline.found_files",
    "make_cli": "pipeline.cli.program",
    "package": "pipeline.uses",
    "plan": "pipeline.api",
    "register_serializer": "pipeline.store.serializers",
    "run": "pipeline.api",
    "run_cli": "pipeline.cli.main",
}

__all__ = ["QUIET", "Context", "Option", "Pipeline", "errors", "stage", *_LATER]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
