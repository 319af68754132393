"""The trail of a run: the stored results that it is made of, from the source to the evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import ConfigError, CorruptArtifact, MissingArtifact
from pipeline.fingerprint import value_of
from pipeline.graph import Pipeline
from pipeline.outcome import Outcome
from pipeline.store.store import Key, Store
from pipeline.upkeep.lineage import Lineages, Manifest

LAST = "evaluate"  # of the stages that a report looks at


@dataclass(frozen=True)
class Trail:
    """Manifests by stage, in the order of the flow. What has been deleted since is missing.

    became: of each stage, what this command did with it (ran or cached), and why; empty where the
    run was looked up and nothing was done. lost: what was asked for, but is gone or damaged.
    """

    store: Store
    manifests: Mapping[str, Manifest]
    became: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    def maker(self, artifact: str) -> Manifest | None:
        """The manifest of the result that holds an artifact."""
        found = (m for m in self.manifests.values() if artifact in m["outputs"])
        return next(found, None)

    def load(self, artifact: str) -> Any:
        """The value of an artifact; None where it is gone or damaged."""
        manifest = self.maker(artifact)
        if manifest is not None:
            key = Key(manifest["fields"]["stage"], manifest["fingerprint"])
            try:
                return self.store.load(key, artifact)
            except (MissingArtifact, CorruptArtifact, OSError):
                self.lost.add(artifact)
        return None

    def parameters(self) -> dict[str, Any]:
        """The parameters of all its stages that can change a result, as Python values."""
        found: dict[str, Any] = {}
        for manifest in self.manifests.values():
            tagged = manifest["fields"].get("parameters", {})
            found |= {name: value_of(value) for name, value in tagged.items()}
        return found


def of_outcome(outcome: Outcome) -> Trail:
    """The trail of what a command has just brought up to date."""
    made = {result.name: result.key for result in outcome.stages if result.key is not None}
    manifests = {name: outcome.store.manifest(key) for name, key in made.items()}
    became = {result.name: (result.status, result.reason) for result in outcome.stages}
    return Trail(outcome.store, manifests, became)


class Stored:
    """The trails of the trainings in a store, by the beginning of their names."""

    def __init__(self, store: Store, pipeline: Pipeline) -> None:
        self._store = store
        self._order = [stage.name for stage in pipeline.upstream([LAST])]
        self._lineages = Lineages(store, self._order)

    def named(self, name: str) -> Trail:
        """The trail of the one training whose name begins so; `ConfigError` where none does."""
        trained = self._lineages.stored["train"]
        found = [one for one in trained if name and one["fingerprint"].startswith(name.lower())]
        if len(found) != 1:
            shown = ", ".join(one["fingerprint"][:16] for one in found) or "none"
            raise ConfigError(
                f"report: expected the beginning of one run's name, found {name!r}, with which "
                f"{shown} begin in {self._store.root}; 'pipeline runs' lists them"
            )
        return self._trail(found[0])

    def _trail(self, manifest: Manifest) -> Trail:
        makers = {m["fields"]["stage"]: m for m in self._lineages.of(manifest).makers.values()}
        makers["train"] = manifest
        evaluations = [one for one in self._lineages.stored[LAST] if _is_of(one, manifest)]
        if evaluations:  # the one with flip TTA, where there is one
            makers[LAST] = max(evaluations, key=_flips)
        ordered = {name: makers[name] for name in self._order if name in makers}
        return Trail(self._store, ordered)


def _is_of(evaluation: Manifest, training: Manifest) -> bool:
    made = {name: output["digest"] for name, output in training["outputs"].items()}
    inputs: dict[str, str] = evaluation["fields"]["inputs"]
    return made.items() <= inputs.items()


def _flips(evaluation: Manifest) -> bool:
    tagged = evaluation["fields"]["parameters"].get("tta")
    return bool(tagged and value_of(tagged))


def chosen(store: Store, pipeline: Pipeline, names: Iterable[str]) -> list[Trail]:
    """The trails of the runs with these names, each once."""
    stored = Stored(store, pipeline)
    trails = [stored.named(name) for name in names]
    return list({trail.manifests["train"]["fingerprint"]: trail for trail in trails}.values())
