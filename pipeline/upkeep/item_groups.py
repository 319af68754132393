"""Groups of items, as the collector sees them: which results refer to which, and their bytes.

A group is kept for a result that refers to it, for a run that has not come to its end, and for what
the current flags lead to.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pipeline.errors import CorruptArtifact, MissingArtifact
from pipeline.store.manifest import read_manifest
from pipeline.store.sequence import read_items
from pipeline.store.store import Store
from pipeline.store.values import read_value
from pipeline.upkeep.stored import Stored, size_of


class ItemGroups:
    """The groups of items in a store; some are `needed` from the beginning."""

    def __init__(self, store: Store, needed: Iterable[Path] = ()) -> None:
        self._store = store
        self.sizes = {path: size_of(path) for path in store.groups.all()}
        self._first = set(needed)
        self._counted: set[Path] = set()
        self.size = self._need(self._first)  # of those needed from the beginning

    def weigh(self, results: Iterable[Stored], freed: dict[Path, int] | None = None) -> int:
        """The bytes of results, less those that are `freed`, and of groups not needed before."""
        freed, total = freed or {}, 0
        for result in results:
            total += result.size - freed.get(result.path, 0) + self._need(self.of(result))
        return total

    def of(self, result: Stored) -> set[Path]:
        """The groups that a result refers to."""
        found: set[Path] = set()
        for record in result.manifest["outputs"].values():
            if record["kind"] == "items":
                with suppress(CorruptArtifact):
                    found.update(read_items(result.path, record).groups)
        return found

    def unneeded(self, results: Iterable[Stored], states: Iterable[Path]) -> list[tuple[Path, int]]:
        """Groups that no one of `results` refers to, no run that left one of `states`, and that
        are not needed from the beginning, with their bytes; where all in a folder go, the folder.
        """
        needed = set(self._first)
        for result in results:
            needed |= self.of(result)
        for state in states:
            needed.update(self._of_state(state))
        doomed = {path: size for path, size in self.sizes.items() if path not in needed}
        kept = {path.parent for path in self.sizes if path not in doomed}
        whole: dict[Path, int] = {}
        for path, size in doomed.items():
            place = path if path.parent in kept else path.parent
            whole[place] = whole.get(place, 0) + size
        return sorted(whole.items())

    def _of_state(self, state: Path) -> list[Path]:
        """The groups that a run which has not come to its end may have made, or would use."""
        for folder in state.iterdir():
            with suppress(CorruptArtifact, MissingArtifact, OSError, KeyError, TypeError):
                place = read_value(folder, read_manifest(folder)["outputs"]["record"])["place"]
                return [path for path in self.sizes if path.parent == self._store.root / place]
        return []

    def _need(self, groups: Iterable[Path]) -> int:
        new = [path for path in groups if path in self.sizes and path not in self._counted]
        self._counted.update(new)
        return sum(self.sizes[path] for path in new)
