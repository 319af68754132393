"""The one command that makes a run again, from nothing but what is stored of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pipeline.cli.program import Program
from pipeline.literals import flag_text
from pipeline.names import flag
from pipeline.store.files import Files
from stages.commands.report.trail import Trail
from stages.commands.runs.words import DEFAULT
from stages.dataset.formats.listing import LISTING, PLACE

SIZE = "synthetic_size"


def source_of(trail: Trail) -> str:
    """The source as it would be typed: a name, an address, or where the archive lay."""
    manifest = trail.manifests.get("download")
    if manifest is None:
        return "auto"
    kind, source = manifest["fields"]["parameters"]["source"]
    archive = trail.load("archive")
    if kind == "str" or not isinstance(archive, Files) or not archive.files:
        return str(source)
    first = archive.files[0].path
    if first.name == LISTING:  # of a folder of images
        with suppress(OSError):
            return os.readlink(first.with_name(PLACE))
    return str(first if len(archive.files) == 1 else first.parent)


def command_of(
    program: Program, trail: Trail, recipe: str, changes: Mapping[str, Any], load: str = ""
) -> str:
    """What to type: a recipe, and the flags that change it (see `Recipes.made_from`).

    load: the file of a model that was loaded instead of trained.
    """
    import shlex  # here and not above: few commands need it

    source = source_of(trail)
    if load:
        return shlex.join([program.name, "evaluate", "--source", source, "--load", load])
    words = [program.name, "run", "--source", source]
    if recipe != DEFAULT:
        words += ["--recipe", recipe]
    size = trail.parameters().get(SIZE)
    if source == "synthetic" and size is not None:
        words += [flag(SIZE), flag_text(size)]
    for name, value in changes.items():
        if isinstance(value, bool):
            words.append(flag(name) if value else flag(name).replace("--", "--no-", 1))
        else:
            words += [flag(name), flag_text(value)]
    return shlex.join(words)
