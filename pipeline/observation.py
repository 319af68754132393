"""Observation: a stage is watched while it runs, and what was seen is checked by the next plan.

Before and after the function is called, the sources that it reaches and its file inputs are looked
at again: if they have changed since they were fingerprinted, nothing is stored, for a worker
process, or an import inside the function, may have read either state of them.
"""

from __future__ import annotations

import inspect
import os
import site
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.code import CodeIndex
from pipeline.code.own import user_folder
from pipeline.code.tables import stamp
from pipeline.errors import CodeError, DataError
from pipeline.stage import Stage
from pipeline.store.digest_cache import DigestCache
from pipeline.store.files import Files
from pipeline.store.serializers import code_of, note_code
from pipeline.store.store import Store

if TYPE_CHECKING:
    from pipeline.code.recorder import Recorder


class Observations:
    """What stages were seen to depend on, of one store and one state of the code."""

    def __init__(self, store: Store, code: CodeIndex) -> None:
        self._store, self._code = store, code
        note_code(lambda function: code.reached(function).graph)

    def changes(self, stage: Stage, manifest: Mapping[str, Any]) -> tuple[str, ...]:
        """What of that which a stage was seen to depend on has changed since, in words."""
        outputs = [manifest["outputs"], *(item["outputs"] for item in manifest.get("items", ()))]
        coded = {(r["serializer"], r["code"]) for o in outputs for r in o.values() if "code" in r}
        found = tuple(
            f"serializer {name} changed" for name, code in coded if code_of(name) not in ("", code)
        )
        observed = manifest.get("observed")
        if not observed or observed.keys() <= {"unseen"}:
            return found
        from pipeline.code.observe import watched  # imported here: few stages depend on more
        from pipeline.code.trace import changes, take_over

        root = self._code.root_of(stage.function)
        graph = self._code.graphs(stage.function)
        found += tuple(dict.fromkeys(changes(observed, root, graph, self._store.cache)))
        if not found and (outer := watched()) is not None:
            take_over(observed, root, outer)
        return found

    def check_code(
        self, stage: Stage, sources: Mapping[str, list[int]], graph: str, before: bool = False
    ) -> None:
        """Raise `CodeError` where what `stage` reaches is no longer in `sources` as it was."""
        changed = [path for path, known in sources.items() if _stamp(path) != known]
        if not changed:
            return
        try:
            now = CodeIndex(None).reached(stage.function, stage.ignores, stage.groups).graph
        except (CodeError, OSError):
            now = ""
        if now != graph:
            when = f"before {stage.name} could run" if before else f"while {stage.name} ran"
            raise CodeError(
                f"{changed[0]} changed {when}: expected the code that was planned with; "
                "nothing is stored: run the same command again"
            )

    def check_files(self, stage: Stage, values: Mapping[str, Any]) -> None:
        """Raise `DataError` where files among the inputs and parameters are not what they were."""
        for name, value in values.items():
            if isinstance(value, Files) and (reason := value.check(self._store.cache)):
                raise DataError(
                    f"{reason} while {stage.name} ran, which has {name} for an input; "
                    "nothing is stored: run the same command again"
                )

    @contextmanager
    def watching(
        self,
        stage: Stage,
        values: Mapping[str, Any],
        parameters: Mapping[str, Any],
        sources: Collection[str],
        reached: Collection[str],
    ) -> Iterator[Recorder]:
        """Record what the block is seen to read, and, at its end, what it may have found in caches
        that others have filled. `values` are inputs and parameters by name, `sources` and `reached`
        the files and the names that the stage reaches."""
        from pipeline.code.deferrals import load_reached
        from pipeline.code.kept import Keeping
        from pipeline.code.observe import observed

        load_reached(sources)
        keeping = Keeping(sources, reached)
        try:
            with observed(_excluded(self._store.root, stage, values, parameters)) as recorder:
                keeping.begin(recorder)
                yield recorder
        finally:
            keeping.end()

    def trace(
        self,
        stage: Stage,
        recorder: Recorder,
        sources: Mapping[str, list[int]],
        opaque: Collection[str] = (),
    ) -> dict[str, Any]:
        """What a recorder saw, for the manifest; `opaque` are values without content, in words.
        `DataError` where a file has changed meanwhile."""
        from pipeline.code.trace import make_trace

        root = self._code.root_of(stage.function)
        graph = self._code.graphs(stage.function)
        known = set(sources)
        if recorder.sources:
            known |= self._code.imported(stage.function, stage.ignores)
        cache, explained = self._store.cache, bool(stage.uses)
        return make_trace(recorder, root, graph, known, cache, stage.name, explained, opaque)


def resolved(stage: Stage, values: dict[str, Any], cache: DigestCache) -> dict[str, Any]:
    """The parameters of a stage, resolved against the world outside (see `Stage`)."""
    if stage.resolve is None:
        return values
    takes_cache = "cache" in inspect.signature(stage.resolve).parameters
    return stage.resolve(**values, **({"cache": cache} if takes_cache else {}))


def _stamp(path: str) -> list[int] | None:
    try:
        return stamp(Path(path))
    except OSError:
        return None


# Not all of /dev: files in its shm are files like any other.
_NAMES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "fd", "stdin")
_DEVICES = tuple(f"/dev/{name}" for name in (*_NAMES, "stdout", "stderr"))
# Folders of multiprocessing, of executors/leftovers.py, of code/workers.py.
OWN = ("pymp-", "pl-", "observed-")


def _excluded(
    root: Path, stage: Stage, values: Mapping[str, Any], parameters: Mapping[str, Any]
) -> tuple[str, ...]:
    """Where what is read never counts: the store, Python and its packages, the system, the inputs
    that are known by content, and folders that a parameter without effect names."""
    found = {os.path.abspath(root), *_installed()}
    for value in values.values():
        if isinstance(value, Files):
            found |= {str(file.path) for file in value.files}
    here = os.getcwd()
    for name, value in parameters.items():
        parameter = stage.parameters.get(name)
        if parameter and not parameter.option.affects_result and isinstance(value, str) and value:
            place = os.path.abspath(value)
            if not (here + os.sep).startswith(place.rstrip(os.sep) + os.sep):
                found.add(place)
    import tempfile  # here and not above: a command that runs nothing does without

    own = (os.path.join(tempfile.gettempdir(), prefix) for prefix in OWN)
    return (*own, *(place.rstrip(os.sep) + os.sep for place in found))


@cache
def _installed() -> frozenset[str]:
    places = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.__file__)}
    places |= {*site.getsitepackages(), site.getusersitepackages(), os.path.dirname(__file__)}
    places |= {"/proc", "/sys", *_DEVICES, str(user_folder())}
    places |= {os.path.realpath(place) for place in places}
    return frozenset(place for place in places if place != os.sep)
