"""Stands in for `pipeline` where another library is to run the programs of cases.json (peers.py).

The programs are left as they are: a stage becomes a function that the library caches, by its own
rules and with its defaults; LIBRARY in the environment says which. It imports nothing of ours: it
is copied to a folder of its own, for a Python where that library is installed.

    joblib      Memory(store).cache(function)
    hamilton    a driver with a cache; each artifact is a node, and the flow is its own
    redun       a task, and a scheduler with its database in the store
    mandala     an operation, in a storage that follows what is below the program's folder
    memodisk    memoize(function)
"""

from __future__ import annotations

import inspect
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any

Call = Callable[[FunctionType, dict[str, Any]], Any]


class Option:
    """Takes what a parameter says about itself, and does nothing with it."""

    def __init__(self, *_: Any, **__: Any) -> None: ...


def stage(outputs: tuple[str, ...], name: str = "", **_: Any) -> Callable[[FunctionType], Any]:
    """A function with the names of what it makes."""

    def named(function: FunctionType) -> SimpleNamespace:
        names = inspect.signature(function).parameters
        return SimpleNamespace(
            function=function, outputs=outputs, name=name or function.__name__, inputs=tuple(names)
        )

    return named


class Pipeline:
    """Stages in the order in which they run, as all the programs list them."""

    def __init__(self, *stages: Any) -> None:
        self.stages = stages


class Found(dict[str, Any]):
    """Artifacts by name, and what became of each stage."""

    stages: list[SimpleNamespace]


def run(pipeline: Pipeline, store: str) -> Found:
    """Run the stages by the library; a stage ran where its function was called."""
    Path(store).mkdir(parents=True, exist_ok=True)
    codes = {one.function.__code__: one.name for one in pipeline.stages}
    ran: set[str] = set()

    def watch(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code in codes:
            ran.add(codes[frame.f_code])

    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        found = Found(LIBRARIES[os.environ["LIBRARY"]](pipeline.stages, store))
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    found.stages = [
        SimpleNamespace(name=one.name, status="ran" if one.name in ran else "cached")
        for one in pipeline.stages
    ]
    return found


def _one_by_one(stages: tuple[Any, ...], call: Call) -> dict[str, Any]:
    """What a library makes that caches functions and knows no flow."""
    made: dict[str, Any] = {}
    for one in stages:
        value = call(one.function, {name: made[name] for name in one.inputs if name in made})
        several = len(one.outputs) > 1
        made |= value if several else {one.outputs[0]: value}
    return made


def _joblib(stages: tuple[Any, ...], store: str) -> dict[str, Any]:
    from joblib import Memory

    memory = Memory(store, verbose=0)
    return _one_by_one(stages, lambda function, given: memory.cache(function)(**given))


def _hamilton(stages: tuple[Any, ...], store: str) -> dict[str, Any]:
    from hamilton import ad_hoc_utils, driver
    from hamilton.function_modifiers import extract_fields

    nodes, wanted = [], [name for one in stages for name in one.outputs]
    options: dict[str, Any] = {}
    for one in stages:
        options |= one.function.__kwdefaults__ or {}  # which its temporary module would lose
        function, several = one.function, len(one.outputs) > 1
        function.__annotations__ = dict.fromkeys((*one.inputs, "return"), Any)
        function.__name__ = "all_" + one.name if several else one.outputs[0]
        if several:
            function.__annotations__["return"] = dict
            function = extract_fields(dict.fromkeys(one.outputs, Any))(function)
        nodes.append(function)
    module = ad_hoc_utils.create_temporary_module(*nodes, module_name="nodes")
    built = driver.Builder().with_modules(module).with_cache(path=store).build()
    return built.execute(wanted, inputs=options)


def _redun(stages: tuple[Any, ...], store: str) -> dict[str, Any]:
    from redun import Scheduler, task
    from redun.config import Config

    scheduler = Scheduler(config=Config({"backend": {"db_uri": f"sqlite:///{store}/redun.db"}}))
    scheduler.load()
    tasks = {one.function: task(name=one.name, namespace="edits")(one.function) for one in stages}
    return _one_by_one(stages, lambda function, given: scheduler.run(tasks[function](**given)))


def _mandala(stages: tuple[Any, ...], store: str) -> dict[str, Any]:
    from mandala.imports import Storage, op

    storage = Storage(db_path=f"{store}/mandala.db", deps_path=Path.cwd())
    operations = {one.function: op(one.function) for one in stages}

    def call(function: FunctionType, given: dict[str, Any]) -> Any:
        with storage:
            return storage.unwrap(operations[function](**given))

    return _one_by_one(stages, call)


def _memodisk(stages: tuple[Any, ...], store: str) -> dict[str, Any]:
    import memodisk

    memodisk.set_cache_dir(store)
    return _one_by_one(stages, lambda function, given: memodisk.memoize(function)(**given))


LIBRARIES = {
    "joblib": _joblib,
    "hamilton": _hamilton,
    "redun": _redun,
    "mandala": _mandala,
    "memodisk": _memodisk,
}
