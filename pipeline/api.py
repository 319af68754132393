"""What a caller from Python does with a pipeline: run it, or see what would run.

    from pipeline import run
    found = run(PIPELINE, store="artifacts", targets=["train"], lr=0.02)
    found["parameters"]

Parameters are checked as the command line checks them, and the store is shared with all others that
use it. The command line is a client of `opened`, too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.arguments import check_types, in_python, names_of
from pipeline.code import CodeIndex
from pipeline.errors import ConfigError
from pipeline.events.reporter import Reporter
from pipeline.executors.placement import placement_of
from pipeline.graph import Pipeline
from pipeline.names import FROM_PYTHON
from pipeline.outcome import Outcome
from pipeline.planner import Decision, Planner
from pipeline.settings import resolve
from pipeline.store.locks import store_lock
from pipeline.store.store import Store

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pipeline.events.event import Event


def run(
    pipeline: Pipeline,
    *,
    store: str | os.PathLike[str] | Store = "artifacts",
    targets: Iterable[str] = (),
    executor: str | Executor | None = None,
    jobs: int | None = None,
    keep_going: bool = False,
    cluster: str | None = None,
    tls: str | tuple[str | os.PathLike[str], ...] = (),
    remote: str | None = None,
    on_event: Callable[[Event], None] | None = None,
    **parameters: Any,
) -> Outcome:
    """Bring stages up to date, and everything that they need.

    targets: names of stages; none: all but the optional ones. executor: "serial", "thread",
    "process", "dask", or one of the caller's; jobs: stages at a time (None: one per core).
    keep_going: an error ends only what depends on it. cluster: the address of a Dask scheduler;
    tls: PEM files for it, of the authority, the certificate and its key. remote: where results are
    shared, an address for fsspec. on_event: called with each event (events/event.py), one at a
    time; None: warnings go to stderr. parameters: as the flags of the command line, by name.

    Returns what became of each stage (`.stages`) and the artifacts by name (`found["images"]`).
    Raises `ConfigError` for parameters that are unknown or do not fit, before anything runs; other
    `UserError`s of stages; and whatever a stage raises, with its name as a note.
    """
    from pipeline.runner import run as carry_out

    with in_python(run, pipeline) as (known, spelled):
        check_types(pipeline, store, remote, on_event)
        targets, reporter = names_of(targets), _reporter(on_event, spelled)
        placement = placement_of(executor, jobs, keep_going, cluster, tls)
        where = _with_remote(store, remote, reporter)
        with opened(pipeline, where, targets, parameters, reporter, known=known) as planner:
            try:
                return carry_out(planner, targets, reporter, placement)
            finally:
                reporter.close()


def plan(
    pipeline: Pipeline,
    *,
    store: str | os.PathLike[str] | Store = "artifacts",
    targets: Iterable[str] = (),
    remote: str | None = None,
    **parameters: Any,
) -> list[Decision]:
    """What `run` would do with the same arguments, and why; nothing runs.

    Each decision has `.stage.name`, `.status` (cached, runs, waits) and `.reasons`.
    """
    with in_python(plan, pipeline) as (known, spelled):
        check_types(pipeline, store, remote)
        targets, reporter = names_of(targets), _reporter(None, spelled)
        where = _with_remote(store, remote, reporter)
        with opened(pipeline, where, targets, parameters, reporter, False, known) as planner:
            return planner.plan(targets)


@contextmanager
def opened(
    pipeline: Pipeline,
    store: Store,
    targets: Iterable[str],
    parameters: Mapping[str, Any],
    reporter: Reporter,
    create: bool = True,
    known: Collection[str] = (),
) -> Iterator[Planner]:
    """A planner for checked parameters; its store is shared with others until the block ends.
    `known` are arguments of the caller's own, for hints."""
    settings = resolve(
        pipeline.parameters,
        arguments=parameters,
        known_arguments=known,
        synonyms={**pipeline.synonyms, **FROM_PYTHON},
        warn=reporter.warn,
    )
    values = {name: setting.value for name, setting in settings.items()}
    pipeline.check(values, targets)
    with sharing(store, reporter, create):
        yield Planner(pipeline, values, store, CodeIndex(store.root / ".code.json"))


def open_store(root: Path, remote: str | None, warn: Callable[[str], None]) -> Store:
    """The store in a folder, with the remote of an address behind it where there is one."""
    if remote is None:
        return Store(root)
    from pipeline.store.remote import Remote  # here and not above: fsspec takes its time
    from pipeline.store.with_remote import StoreWithRemote

    return StoreWithRemote(root, Remote(remote), warn)


def _with_remote(
    store: str | os.PathLike[str] | Store, remote: str | None, reporter: Reporter
) -> Store:
    if not isinstance(store, Store):
        # Absolute: what was run is read when the caller may have gone elsewhere.
        return open_store(Path(store).absolute(), remote, reporter.warn)
    if remote is not None:
        raise ConfigError(
            "remote: expected a folder for `store` beside it, found a Store, which has its own or "
            "none; give its path"
        )
    return store


def sharing(store: Store, reporter: Reporter, create: bool = True) -> AbstractContextManager[None]:
    """Use a store beside others, not while `gc` clears it out; `create`: make what is missing."""

    def wait() -> None:
        reporter.info("waiting for gc, which is clearing out the store")

    return store_lock(store.root, exclusive=False, waiting=wait, create=create, note=reporter.warn)


def _reporter(
    on_event: Callable[[Event], None] | None, spelled: Callable[[str], str] = str
) -> Reporter:
    reporter: Reporter
    if on_event is None:
        from pipeline.events.lines import QuietReporter

        reporter = QuietReporter(sys.stderr)
    else:
        from pipeline.events.event import EventReporter

        reporter = EventReporter(on_event)
    reporter.words = spelled
    return reporter
