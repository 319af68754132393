"""The trace: what a stage was seen to depend on, as its manifest keeps it, and if it still holds.

    files         [place, path, digest]: what was opened; "" where there was none, "?" where it
                  has changed since an earlier stage of the process had read it
    asked         [place, path, what, answer]: whether it was there, its size or its time
    listed        [place, path, digest of the names in it]
    environment   name → digest of its value; "" where it was not set ("" → which there are)
    modules       [name, digest]: project modules that no analysis had foreseen, by their code
    sources       [place, path, digest]: the same for files that are no modules by name
    unseen        what may have changed without a trace, in words

A place says what a path starts from: "project" (the folder that the stage's package lies in), "cwd"
(as it was given; it may be another folder next time) or "" (the root).
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.code.asked import answer as answer_now
from pipeline.code.programs import started
from pipeline.code.recorder import Recorder, stamp_of
from pipeline.code.wraps import value_of
from pipeline.errors import DataError
from pipeline.store.files import DigestCache, identify

Graph = Callable[[str, str], str | None]  # of a module, by name or by file


def make_trace(
    recorder: Recorder,
    root: Path,
    graph: Graph,
    followed: set[str],
    cache: DigestCache,
    stage: str,
    explained: bool,
    opaque: Collection[str] = (),
) -> dict[str, Any]:
    """What a recorder saw, as JSON, without what the fingerprint knows (`followed` are sources).

    `root` is the folder of the stage's project. `explained` says that the stage declares what else
    it depends on; `opaque` are values that have no content, in words. Raises `DataError` where a
    file has changed since the stage opened it.
    """
    files, sources = [], []
    unseen = [f"the content of {words}" for words in opaque]
    modules: dict[str, str | None] = {}  # each with the digest of its code
    opened = dict(recorder.opened)
    for command, folder in recorder.programs.items():
        program = started(command, folder)
        opened |= {path: stamp_of(path) for path in program.files if recorder.path(path)}
        modules |= dict.fromkeys(program.modules)
        recorder.sources |= dict.fromkeys(program.scripts)
        unseen += [f"what {program.name} reads in a process of its own"]
    unseen += [f"what {host} answers" for host in recorder.hosts]
    for path, stamp in opened.items():
        whole = recorder.whole(path)
        if recorder.has_made(whole) and stamp is not None:
            unseen.append(f"what {whole} held before it wrote there")
        if recorder.has_made(whole) or os.path.isdir(whole):
            continue
        same = stamp_of(whole) == stamp
        if path in recorder.outdated or (path in recorder.inherited and not same):
            files.append([*_place(path, recorder, root), "?"])  # which no file will ever have
            unseen.append(f"what {whole} held when a cache of this process was filled from it")
            continue
        if not same and path in recorder.native:  # the stage may have written it that way, too
            unseen += [f"what {whole} held when it was read"] if os.path.exists(whole) else []
            continue
        if not same:
            raise DataError(
                f"{whole} changed while {stage} ran: expected the same file until the end; "
                "nothing is stored: run the same command again"
            )
        files.append([*_place(path, recorder, root), _digest(whole, cache)])
    for path in recorder.sources:
        whole = recorder.whole(path)
        known = whole in followed or recorder.has_made(whole)
        if not known and (digest := graph("", whole)) is not None:
            sources.append([*_place(path, recorder, root), digest])
    for name in [*modules, *recorder.modules]:
        digest = graph(name, "")
        if digest is not None or name not in sys.modules:  # it may be there another time
            modules[name] = digest or ""
    listed = [
        [*_place(path, recorder, root), _names(recorder.whole(path), recorder.written)]
        for path in recorder.listed
        if not recorder.has_made(recorder.whole(path))
    ]
    asked = [
        [*_place(path, recorder, root), what, answer]
        for (path, what), answer in recorder.asked.items()
        if not recorder.has_made(recorder.whole(path))
        and not (path in opened and what in ("kind", "getsize"))
    ]
    found = {
        "files": files,
        "asked": asked,
        "listed": listed,
        "environment": {k: digest_of_text(v) for k, v in sorted(recorder.environment.items())},
        "modules": [[name, digest] for name, digest in modules.items() if digest is not None],
        "sources": sources,
        "unseen": [] if explained else list(dict.fromkeys(unseen)),
    }
    return {name: value for name, value in found.items() if value}


def changes(
    trace: Mapping[str, Any], root: Path, graph: Graph, cache: DigestCache
) -> Iterator[str]:
    """What of a trace no longer holds, each in a few words."""
    for place, path, digest in trace.get("files", ()):
        now = _digest(whole := _from(place, path, root), cache)
        if now != digest:
            how = "is there now" if not digest else "is gone" if not now else "changed"
            yield f"file {whole} {how}"
    for place, path, what, answer in trace.get("asked", ()):
        whole = _from(place, path, root)
        if (now := answer_now(whole, what)) != answer:
            how = "is there now" if answer is None else "is gone" if now is None else "changed"
            yield f"file {whole} {how}"
    for place, path, digest in trace.get("listed", ()):
        if _names(whole := _from(place, path, root), ()) != digest:
            yield f"folder {whole} holds other names"
    for name, digest in trace.get("environment", {}).items():
        if digest_of_text(value_of(name)) != digest:
            yield f"environment variable {name} changed" if name else "other environment variables"
    for name, digest in trace.get("modules", ()):
        if (graph(name, "") or "") != digest:
            yield f"module {name} {'changed' if digest else 'is there now'}"
    for place, path, digest in trace.get("sources", ()):
        if graph("", whole := _from(place, path, root)) != digest:
            yield f"source {whole} changed"


def take_over(trace: Mapping[str, Any], root: Path, recorder: Recorder) -> None:
    """Note a trace that holds for a stage that uses its result: one that runs a pipeline itself."""
    for place, path, _ in trace.get("files", ()):
        recorder.read(_from(place, path, root))
    for place, path, what, answer in trace.get("asked", ()):
        recorder.note("asked", (_from(place, path, root), what), answer)
    for place, path, _ in trace.get("listed", ()):
        recorder.note("listed", _from(place, path, root))
    for name in trace.get("environment", {}):
        recorder.note("environment", name, value_of(name))
    for name, _ in trace.get("modules", ()):
        recorder.note("modules", name)


def digest_of_text(text: str | None) -> str:
    """The digest of a value, which may be a secret; "" where there is none."""
    return "" if text is None else hashlib.sha256(os.fsencode(text)).hexdigest()[:32]


def _place(path: str, recorder: Recorder, root: Path) -> tuple[str, str]:
    if not os.path.isabs(path):
        return "cwd", path
    whole = Path(recorder.whole(path))
    if whole.is_relative_to(root):
        return "project", str(whole.relative_to(root))
    return "", str(whole)


def _from(place: str, path: str, root: Path) -> str:
    return os.path.normpath(
        os.path.join(root, path) if place == "project" else os.path.abspath(path)
    )


def _digest(path: str, cache: DigestCache) -> str:
    """The digest of a file's content; "" where there is none that can be read."""
    if not os.path.isfile(path):
        return ""
    try:
        return identify(Path(path), cache=cache).files[0].sha256
    except DataError:
        return ""


def _names(path: str, without: Any) -> str:
    """The digest of the names in a folder, but for those that the stage itself has made."""
    try:
        with os.scandir(path) as found:
            names = sorted(
                one.name
                + os.sep * os.path.isdir(one.path)  # which who lists a folder is told as well
                for one in found
                if os.path.join(path, one.name) not in without and one.name != "__pycache__"
            )
    except OSError:
        return ""
    return digest_of_text("\0".join(names)) if names else "empty"
