"""Verify: read every stored byte again, whatever sizes and times say.

    results     the manifest, each output, and the files outside the store that outputs refer to
    groups      of results of items
    states      those of computations that have not ended
    cache        the digests of files outside the store

What cannot be read now may be whole: it is reported, and is not called damaged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact, MissingArtifact
from pipeline.store.cache import read_cache
from pipeline.store.manifest import MANIFEST, read_manifest
from pipeline.store.numerics import made_differently
from pipeline.store.store import Store
from pipeline.store.troubles import storage_errors
from pipeline.store.values import UNREADABLE, verify_output, verify_sources

CHECKS = (verify_output, verify_sources)


def verify_results(
    store: Store, seen: Callable[[Mapping[str, Any]], None] = lambda manifest: None
) -> Iterator[tuple[Path, str | None]]:
    """Each result's folder, and what is wrong or None; `seen` is called with each manifest.

    `StorageError` where none can be listed.
    """
    with storage_errors(store.root):
        folders = store.results()
    for folder in folders:
        yield folder, _wrong(folder, seen)


def verify_groups(store: Store) -> Iterator[tuple[Path, str | None]]:
    """The same of each group of results of items."""
    for folder in store.groups.all():
        reason = _wrong(folder)
        yield folder, store.groups.examine(folder)[0] if reason is None else reason


def verify_states(store: Store) -> Iterator[tuple[Path, str | None]]:
    """The same of each state that a computation would go on from."""
    for folder in sorted(store.root.glob(".state/*/*/[0-9]*")):
        yield folder, _wrong(folder)


def verify_cache(store: Store) -> Iterator[tuple[Path, str | None]]:
    """The same of the cache, where there is one."""
    path = store.cache.path
    if path.is_file():
        damaged = read_cache(path) is None
        yield path, "it is damaged, and counts as never written" if damaged else None


class MadeDifferently(Counter[str]):
    """Counts results by how what they were made with differs from what is here, in sentences."""

    def __call__(self, manifest: Mapping[str, Any]) -> None:
        self.update(made_differently(manifest))

    def lines(self) -> list[str]:
        """The sentences, each with how many results it is true of."""
        return [f"{count} result{'s' * (count != 1)} {words}" for words, count in self.items()]


def _wrong(
    folder: Path, seen: Callable[[Mapping[str, Any]], None] = lambda manifest: None
) -> str | None:
    try:
        manifest = read_manifest(folder)
        outputs = manifest["outputs"].values()
    except (CorruptArtifact, MissingArtifact) as error:
        return str(error)
    except OSError as error:
        return f"{MANIFEST} {UNREADABLE}: {error.strerror}"
    seen(manifest)
    there = [output for output in outputs if not output.get("dropped")]
    # Files that identify a result are not its damage when they change: it is another then.
    given = {
        value
        for kind, value in manifest["fields"].get("parameters", {}).values()
        if kind == "files"
    }
    reasons = (
        check(folder, output)
        for output in there
        for check in (CHECKS if output["digest"] not in given else CHECKS[:1])
    )
    try:
        return next((reason for reason in reasons if reason), None)
    except OSError as error:
        return f"{Path(error.filename or folder).name} {UNREADABLE}: {error.strerror}"
