"""Outcome: what became of each stage of a run, and the artifacts behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import MissingArtifact
from pipeline.planner import output_digests
from pipeline.store.store import Key, Store

RAN, FAILED, SKIPPED = "ran", "failed", "skipped"


@dataclass(frozen=True)
class StageResult:
    """What became of one stage: `status` is cached, ran, failed or skipped; `reason` says why."""

    name: str
    status: str
    seconds: float
    reason: str
    key: Key | None = None


class Outcome:
    """The results of a run, and the artifacts behind them, loaded when they are asked for.

    `outcome["images"]` is an artifact: an array (memory-mapped, read-only), a JSON value, `Files`.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.stages: list[StageResult] = []
        self.digests: dict[str, str] = {}
        self.keys: dict[str, Key] = {}
        self._manifests: dict[Key, Mapping[str, Any]] = {}

    def __repr__(self) -> str:
        """What became of each stage, as a notebook shows it."""
        return f"Outcome({', '.join(f'{one.name}: {one.status}' for one in self.stages)})"

    def __contains__(self, artifact: str) -> bool:
        return artifact in self.keys

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys)

    def __getitem__(self, artifact: str) -> Any:
        """The value of an artifact. `MissingArtifact` where it is not part of this run."""
        return self.store.load(self._key(artifact), artifact)

    def record(self, artifact: str) -> dict[str, Any]:
        """What the manifest says of an artifact: kind, digest, dtype, shape, size."""
        found: dict[str, Any] = self._manifests[self._key(artifact)]["outputs"][artifact]
        return found

    def notes(self, artifact: str) -> dict[str, Any]:
        """The figures that the artifact's stage noted of its own run."""
        found: dict[str, Any] = self._manifests[self._key(artifact)]["notes"]
        return found

    def path(self, artifact: str) -> str:
        """The file that holds an artifact."""
        return str(self.store.folder(self._key(artifact)) / self.record(artifact)["file"])

    def artifacts(self) -> list[str]:
        """The names of the artifacts, in the order of the flow."""
        return list(self.keys)

    def add(self, result: StageResult, manifest: Mapping[str, Any] | None = None) -> None:
        """Take in the result of one more stage; without a manifest, there is none."""
        self.stages.append(result)
        if manifest is not None and result.key is not None:
            self.digests |= output_digests(manifest)
            self.keys |= dict.fromkeys(manifest["outputs"], result.key)
            self._manifests[result.key] = manifest

    def _key(self, artifact: str) -> Key:
        if artifact not in self.keys:
            raise MissingArtifact(f"artifact {artifact!r} is not part of this run")
        return self.keys[artifact]
