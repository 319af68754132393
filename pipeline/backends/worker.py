"""Worker: what a process does that gets orders, on a machine with no folder in common with ours."""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.backends.parcels import Failed, Made, Missing, Order, Piece, Unfit
from pipeline.backends.scratch import Scratch
from pipeline.backends.sources import Sources
from pipeline.code import CodeIndex
from pipeline.code.graph import Reached
from pipeline.errors import CodeError, CorruptArtifact, UserError
from pipeline.events.reporter import Reporter
from pipeline.execution import execute, is_stored
from pipeline.group_execution import Done, Group, execute_group, portable
from pipeline.observation import Observations
from pipeline.stage import Stage
from pipeline.store.adoption import files_of
from pipeline.store.group_records import read_group
from pipeline.store.store import Key, Store

Answer = Missing | Made | Failed | Unfit
_lock = threading.Lock()
_scratches: dict[str, Scratch] = {}
_stops: dict[str, threading.Event] = {}  # by run
_under_way: list[str] = []  # keys of the results that are being made


def perform(order: Order) -> Answer:
    """Make the result of an order in a temporary folder of this process: for any executor."""
    return carry_out(order, _temporary(), Reporter(), "")


def carry_out(order: Order, root: str, reporter: Reporter, address: str) -> Answer:
    """Make the result of an order, in the scratch at `root`, or say what is missing for it."""
    scratch = scratch_at(root)
    for content, pieces in order.enclosed.items():
        for piece in pieces:
            scratch.receive(order.run, content, piece)
    sources = Sources(order, scratch)
    with scratch.holding(needed := sources.needed()):
        if missing := scratch.missing(needed, order.run):
            return Missing(missing, address)
        try:
            return _made(order, scratch, sources, reporter)
        except CorruptArtifact:
            if missing := scratch.missing(needed, order.run):
                return Missing(missing, address)
            raise
        except UserError as error:
            return Failed(error)


def _made(order: Order, scratch: Scratch, sources: Sources, reporter: Reporter) -> Answer:
    store, stage = scratch.store, order.task.stage
    code, found = _code_of(stage, scratch)
    if found.graph != order.task.fields["graph"]:
        raise CodeError(
            f"stage {stage.name}: expected the same code on every worker, found other code on one; "
            "install the same version there, and start the workers anew"
        )
    task = replace(order.task, parameters=sources.parameters(), code=code.stamps(found))
    observations = Observations(store, code)
    stop = stop_of(order.run)
    if order.group is not None:
        group = replace(order.group, task=task, items=sources.items(order.group))
        done = execute_group(group, store, reporter, stop, observations, sources.load)
        return _answer_of_group(store, group, portable(done))
    made = is_stored(task, store, observations)
    name = str(task.key)
    _under_way.append(name)
    try:
        execute(task, store, reporter, made, stop, observations, sources.load)
    finally:
        _under_way.remove(name)
    if refers := _referring(store.manifest(task.key)["outputs"]):
        return Unfit(f"{refers} refers to files of the worker")
    made_here = _files_of(store, task.key)
    scratch.forget_results()
    return made_here


def _code_of(stage: Stage, scratch: Scratch) -> tuple[CodeIndex, Reached]:
    """The code of a stage as it was before anything of its module ran in this process: what stages
    change then (a module's cache that fills) makes no other code of it."""
    with scratch.looking:
        module = vars(sys.modules[stage.function.__module__])
        beside = [one for one in module.values() if isinstance(one, Stage)]
        for one in beside if stage.function.__module__ not in scratch.seen else ():
            with suppress(CodeError):  # it says so where it is to run
                scratch.code.reached(one.function, one.ignores, one.groups)
        scratch.seen.add(stage.function.__module__)
        return scratch.code, scratch.code.reached(stage.function, stage.ignores, stage.groups)


def _answer_of_group(store: Store, group: Group, done: Done) -> Answer:
    if not done.name:
        return Made({}, done)
    folder = store.groups.place(group.task.stage.name, group.common) / done.name
    try:
        for item in read_group(folder)["items"]:
            if refers := _referring(item["outputs"]):
                return Unfit(f"{refers} refers to files of the worker")
        return Made(_bytes_of(folder), done)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _referring(records: Mapping[str, Any]) -> str:
    """The output that refers to files outside of the store; "": none does."""
    return next((name for name, record in records.items() if record["kind"] == "files"), "")


def receive(root: str, run: str, shipment: Iterable[tuple[str, Piece]]) -> None:
    """Take in pieces of inputs, each with the content that it belongs to."""
    for content, piece in shipment:
        scratch_at(root).receive(run, content, piece)


def results_at(root: str) -> list[str]:
    """The results, as keys are written, that a worker has or is making: for a client that was
    killed before it had stored them, and is back."""
    with _lock:
        scratch = _scratches.get(root)
    if scratch is None:
        return []
    made = (path.relative_to(scratch.store.root).as_posix() for path in scratch.store.results())
    return [*_under_way, *made]


def give(root: str, key: Key) -> Made | None:
    """A result that a worker has made; None where it has none that is whole."""
    with _lock:
        scratch = _scratches.get(root)
    if scratch is None or scratch.store.damage(key) is not None:
        return None
    if _referring(scratch.store.manifest(key)["outputs"]):
        return None  # it was refused when it was made, too
    return _files_of(scratch.store, key)


def _files_of(store: Store, key: Key) -> Made:
    return Made(_bytes_of(store.folder(key)))


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in files_of(folder)}


def root_of(dask_worker: Any) -> str:
    """Where a worker of Dask's has its scratch: in its own folder, which ends with it."""
    return f"{dask_worker.local_directory}/pipeline"


def stop_of(run: str) -> threading.Event:
    """What ends the stages of a run at their next report, once it is set."""
    with _lock:
        return _stops.setdefault(run, threading.Event())


def scratch_at(root: str) -> Scratch:
    """The scratch in a folder, the same for all threads."""
    with _lock:
        if root not in _scratches:
            _scratches[root] = Scratch(Path(root))
        return _scratches[root]


def _temporary() -> str:
    with _lock:
        known = [root for root in _scratches if Path(root).name.startswith("pipeline-worker-")]
    if known:
        return known[0]
    root = tempfile.mkdtemp(prefix="pipeline-worker-")
    atexit.register(shutil.rmtree, root, True)
    return root
