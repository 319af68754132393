"""What a program is made of, for which a command line is to be made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.cli.display import artifact_table
from pipeline.graph import Pipeline
from pipeline.outcome import Outcome


@dataclass(frozen=True)
class Alternative:
    """The pipeline that takes over where the caller gives a certain parameter.

    `settings_of` turns the parameter's value into (name, parameters) that rank like a recipe.
    """

    pipeline: Pipeline
    settings_of: Callable[[str], tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Program:
    """A pipeline and what its command line says and shows.

    `recipes` is a folder of TOML files. `alternatives` maps a parameter to the pipeline that is
    used where the caller gives it. `examples` are command lines for the help, by command;
    `variables`, those of the environment that belong to flags of the program's own. `synonyms` maps
    what other programs call a parameter or a command (written as a variable) to its name here;
    `notes` maps flags that they have and this one has not to what to do here. `tries` is the
    command that tries several values of a parameter, if any. `protected` gives, for a store's
    folder, the fingerprints of results that `gc` never deletes; `protected_words` is a sentence on
    them. `extras` maps modules that can be missed to (what they are for, how to get them).
    `summarize` turns a session and the outcome of its run into JSON fields of the program's own;
    `render` turns the whole JSON document into what a person reads.
    """

    pipeline: Pipeline
    name: str
    help: str
    version: str
    recipes: Path | None = None
    alternatives: Mapping[str, Alternative] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    examples: Mapping[str, str] = field(default_factory=dict)
    synonyms: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    tries: str = ""
    protected: Callable[[Path], Collection[str]] = lambda root: ()
    protected_words: str = ""
    extras: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    summarize: Callable[[Any, Outcome], dict[str, Any]] = lambda session, outcome: {}
    render: Callable[[dict[str, Any]], str] = artifact_table
