"""Worker: what a process does that gets orders, on a machine with no folder in common with ours."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.backends.parcels import Failed, Made, Missing, Order, Piece, Unfit
from pipeline.backends.scratch import Scratch
from pipeline.backends.sources import Sources
from pipeline.code import CodeIndex
from pipeline.errors import CodeError, CorruptArtifact, UserError
from pipeline.events.reporter import Reporter
from pipeline.execution import execute, is_stored
from pipeline.observation import Observations
from pipeline.store.adoption import files_of
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
    if missing := scratch.missing(sources.needed(), order.run):
        return Missing(missing, address)
    try:
        return _made(order, scratch, sources, reporter)
    except CorruptArtifact:
        if missing := scratch.missing(sources.needed(), order.run):
            return Missing(missing, address)
        raise
    except UserError as error:
        return Failed(error)


def _made(order: Order, scratch: Scratch, sources: Sources, reporter: Reporter) -> Answer:
    store, stage = scratch.store, order.task.stage
    code = CodeIndex(store.root / ".code.json")
    found = code.reached(stage.function, stage.ignores, stage.groups)
    if found.graph != order.task.fields["graph"]:
        raise CodeError(
            f"stage {stage.name}: expected the same code on every worker, found other code on one; "
            "install the same version there, and start the workers anew"
        )
    task = replace(order.task, parameters=sources.parameters(), code=code.stamps(found))
    observations = Observations(store, code)
    stop = stop_of(order.run)
    made = is_stored(task, store, observations)
    name = str(task.key)
    _under_way.append(name)
    try:
        execute(task, store, reporter, made, stop, observations, sources.load)
    finally:
        _under_way.remove(name)
    manifest = store.manifest(task.key)
    for name, record in manifest["outputs"].items():
        if record["kind"] == "files":
            return Unfit(f"{name} refers to files of the worker")
    made_here = _files_of(store, task.key)
    scratch.forget_results()
    return made_here


def receive(root: str, run: str, content: str, piece: Piece) -> None:
    """Take in a piece of an input."""
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
    return _files_of(scratch.store, key)


def _files_of(store: Store, key: Key) -> Made:
    return Made({name: path.read_bytes() for name, path in files_of(store.folder(key))})


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
