"""Session: one command with its flags made sense of: configuration, store, planner, reporter."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.api import open_store, sharing
from pipeline.cli.common_flags import KNOWN_ENVIRONMENT
from pipeline.cli.config import read_toml
from pipeline.cli.stdout import stdout_for_results
from pipeline.code import CodeIndex
from pipeline.errors import ConfigError
from pipeline.events.reporter import Reporter
from pipeline.events.styles import make_reporter
from pipeline.executors.placement import placement_of
from pipeline.graph import Pipeline
from pipeline.names import unknown
from pipeline.outcome import Outcome
from pipeline.parameters import Parameter
from pipeline.planner import Decision, Planner
from pipeline.runner import run
from pipeline.settings import Setting, Warn, resolve

if TYPE_CHECKING:
    from pipeline.cli.definition import Program


class Session:
    """What a command works with: `common` are the flags that every command has."""

    def __init__(
        self,
        pipeline: Pipeline,
        targets: Iterable[str],
        common: Mapping[str, Any],
        settings: Mapping[str, Setting],
        warnings: Iterable[str] = (),
        complete: bool = True,
    ) -> None:
        self.pipeline, self.targets, self.settings = pipeline, tuple(targets), settings
        self.as_json, self.dry_run = common["as_json"], common["dry_run"]
        self.reporter = _reporter(common)
        root = artifacts_folder(common["artifacts_dir"])
        self.store = open_store(root, common["remote"], self.reporter.warn)
        for warning in warnings:
            self.reporter.warn(warning)
        executor, jobs, going = common["executor"], common["jobs"], bool(common["keep_going"])
        self.placement = placement_of(
            executor, jobs, going, common["cluster"], common["cluster_tls"]
        )
        chosen = common["executor"] or common["cluster"]
        self.chosen_executor = self.placement.executor if chosen else None
        self._code = CodeIndex(self.store.root / ".code.json")
        self._planner: Planner | None = None
        if complete:
            self.check()

    def change(self, **settings: Setting) -> None:
        """Give parameters other values than flags, file or recipe did; `check` them then."""
        self.settings = {**self.settings, **settings}
        self._planner = None

    def check(self, **others: Any) -> None:
        """Raise `ConfigError` where the parameters, `others` in place of some, do not go together;
        a session that is not complete as it is made has not been checked."""
        values = {name: setting.value for name, setting in self.settings.items()}
        self.pipeline.check({**values, **others}, self.targets)

    @property
    def planner(self) -> Planner:
        """What decides about stages. It looks at all their code, so it is made when it is needed:
        `config` and a mistake in a flag need none."""
        if self._planner is None:
            values = {name: setting.value for name, setting in self.settings.items()}
            self._planner = Planner(self.pipeline, values, self.store, self._code)
        return self._planner

    def plan(self) -> list[Decision]:
        """What would run to bring the targets up to date, and why."""
        return self.planner.plan(self.targets)

    def run(self) -> Outcome:
        """Bring the targets up to date. What stages print goes to stderr."""
        try:
            with stdout_for_results():
                return run(self.planner, self.targets, self.reporter, self.placement)
        finally:
            self.reporter.close()

    def sharing(self, create: bool = True) -> AbstractContextManager[None]:
        """Use the store beside others, and not while `gc` clears it out.

        Without `create`, a store that is not there is not made.
        """
        return sharing(self.store, self.reporter, create)

    def value(self, name: str) -> Any:
        """The value of a parameter."""
        return self.settings[name].value


def artifacts_folder(name: str) -> Path:
    """The folder that --artifacts-dir names; `ConfigError` where it cannot be one."""
    if not name:  # and not the folder that we are in, for lack of a variable's value
        raise ConfigError("--artifacts-dir: expected a folder, found nothing")
    folder = Path(name)
    try:
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):  # reported later
            folder.stat()
    except OSError as error:
        raise ConfigError(
            f"--artifacts-dir: expected a folder, found {folder}: {error.strerror}; choose another"
        ) from None
    return folder


def _reporter(common: Mapping[str, Any]) -> Reporter:
    style = "quiet" if common["quiet"] else common["style"]
    return make_reporter(style, sys.stderr, verbose=common["verbose"])


def resolve_settings(
    program: Program,
    parameters: Mapping[str, Parameter],
    common: Mapping[str, Any],
    flags: Mapping[str, Any],
    recipe: tuple[str, dict[str, Any]] | None,
    warn: Warn,
) -> dict[str, Setting]:
    """Give every parameter its value: from flags as they were typed, environment, file, recipe."""
    file = common["config"]
    table = (file, read_toml(Path(file))) if file else None
    try:
        return resolve(
            parameters,
            recipe=recipe,
            file=table,
            environment=os.environ,
            flags=flags,
            known_environment=(*KNOWN_ENVIRONMENT, *program.variables),
            synonyms=program.synonyms,
            warn=warn,
        )
    except ConfigError as error:
        from pipeline.cli.stray import search_for  # here and not above: a mistake is rare

        typed = [(name, text) for name, text in flags.items() if isinstance(text, str)]
        hints = [search_for(program, parameters[name], text) for name, text in typed]
        if hint := next(filter(None, hints), ""):
            words = f"{error}".partition("; did you mean")[0]
            raise ConfigError(f"{words}; {hint}") from None
        raise


def recipe_names(folder: Path | None) -> list[str]:
    """The names of the recipes in a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.toml")) if folder else []


def load_recipe(folder: Path | None, name: str | None) -> tuple[str, dict[str, Any]] | None:
    """A recipe by its name in the folder, or by that of a file (it ends in .toml, or has slashes).

    Its parameters come without its `description` and its table [measured].
    """
    if not name:
        return None
    if name.endswith(".toml") or os.sep in name:
        values = read_toml(Path(name), "--recipe")
    elif folder is not None and name in recipe_names(folder):
        values = read_toml(folder / f"{name}.toml")
    else:
        hint = unknown("recipe", name, recipe_names(folder))
        raise ConfigError(f"--recipe: {hint}; a file of your own is named with its .toml")
    for key in ("description", "measured"):  # what it is, and what was found with it
        values.pop(key, None)
    return name, values
