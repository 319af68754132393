"""What lies in a store, as the collector sees it, and which results were made from which.

Results refer to their inputs by content, so the chain behind a model can be followed from manifest
to manifest, whichever program made it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact, MissingArtifact
from pipeline.store.manifest import MANIFEST, read_manifest


@dataclass(frozen=True)
class Stored:
    """A stored result; `manifest` is empty where it is damaged. `size` in bytes, `used` a time."""

    path: Path
    manifest: Mapping[str, Any]
    size: int
    used: float

    @property
    def root(self) -> str:
        """Why it was made (see manifest.py); "" where only as an input of others."""
        return str(self.manifest.get("root", ""))

    @property
    def dropped(self) -> bool:
        """Whether only its record is left."""
        return any(output.get("dropped") for output in self.manifest["outputs"].values())

    @property
    def inputs(self) -> Mapping[str, str]:
        """What it was made of, artifact → digest; nothing is needed for a mere record."""
        found: Mapping[str, str] = self.manifest["fields"].get("inputs", {})
        return {} if self.dropped else found


def look(path: Path) -> Stored:
    """The result in a folder. Raises `OSError` where it cannot be read now: it may be whole."""
    used = os.stat(path).st_mtime
    try:
        manifest = read_manifest(path)
    except (CorruptArtifact, MissingArtifact):
        return Stored(path, {}, size_of(path), used)
    outputs = manifest["outputs"].values()
    size = sum(output["size"] for output in outputs if not output.get("dropped"))
    return Stored(path, manifest, size + os.stat(f"{path}/{MANIFEST}").st_size, used)


def size_of(path: Path) -> int:
    """The bytes of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


class Makers:
    """Which results made the inputs of which. Each step is taken once, however many results."""

    def __init__(self, results: Iterable[Stored]) -> None:
        self.steps = 0  # looked at, for tests of the work that it takes
        makers: dict[frozenset[tuple[str, str]], list[Stored]] = defaultdict(list)
        for result in results:
            outputs = result.manifest["outputs"].items()
            made = frozenset((name, output["digest"]) for name, output in outputs)
            makers[made].append(result)  # all that made the same are kept or deleted together
        self._makers = dict(makers)
        self._sets: dict[tuple[str, str], list[frozenset[tuple[str, str]]]] = defaultdict(list)
        for made in self._makers:
            for pair in made:
                self._sets[pair].append(made)

    def reach(self, roots: Iterable[Stored], kept: set[Path]) -> list[Stored]:
        """Add the folders of `roots`, and of all that they were made from, to `kept`.

        Returns the results that were added.
        """
        added: list[Stored] = []
        waiting = list(roots)
        while waiting:
            result = waiting.pop()
            if result.path in kept:
                continue
            kept.add(result.path)
            added.append(result)
            inputs = result.inputs
            for pair in inputs.items():
                for made in self._sets.get(pair, ()):
                    self.steps += 1
                    if all(inputs.get(name, digest) == digest for name, digest in made):
                        waiting += (m for m in self._makers[made] if m.path not in kept)
        return added
