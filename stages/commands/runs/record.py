"""A run as it is stored: one training, what it was made of, and what is known of its result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pipeline.errors import CorruptArtifact, MissingArtifact
from pipeline.graph import Pipeline
from pipeline.store.store import Key, Store
from pipeline.store.values import read_value
from pipeline.upkeep.lineage import Lineage, Lineages
from stages.commands.runs.labels import NO_LABEL, Label, read_labels

DIGITS = 8  # of a fingerprint: the name of a run
LAST = "evaluate"  # of the stages that are looked at


@dataclass(frozen=True)
class Look:
    """A look at a store that plans nothing, and so makes no folder that is not there."""

    store: Store
    pipeline: Pipeline
    as_json: bool


@dataclass(frozen=True)
class Run:
    """One training. Accuracies are parts of 1, None where nobody measured them.

    `parameters` are those of all stages up to the training; `best` is the best epoch's entry in the
    history; `manifest` is the training's.
    """

    name: str
    dataset: str
    parameters: Mapping[str, Any]
    best: Mapping[str, float]
    epochs: int
    images: int
    seconds: float
    test: float | None
    tta: float | None
    manifest: Mapping[str, Any]
    label: Label = NO_LABEL

    @property
    def written(self) -> str:
        """When: 2026-11-24 18:16, in UTC."""
        return str(self.manifest["written"])[:16].replace("T", " ")

    @property
    def validation(self) -> float | None:
        """The accuracy on the validation images in the best epoch."""
        return self.best.get("validation_accuracy")

    def document(self) -> dict[str, Any]:
        """All of it as a JSON value."""
        return {
            "run": self.name,
            "written": self.manifest["written"],
            "dataset": self.dataset,
            "images": self.images,
            "epochs": self.epochs,
            "best": dict(self.best),
            "validation": self.validation,
            "test": self.test,
            "tta": self.tta,
            "epoch_seconds": round(self.seconds, 6),
            "tags": list(self.label.tags),
            "note": self.label.note,
            "machine": self.manifest.get("machine"),
            "versions": self.manifest.get("versions"),
            "fingerprint": self.manifest["fingerprint"],
            "parameters": {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in self.parameters.items()
            },
        }


def find_runs(store: Store, pipeline: Pipeline) -> list[Run]:
    """All runs in a store, the newest first; what is damaged is left out."""
    stages = [stage.name for stage in pipeline.upstream([LAST])]
    lineages = Lineages(store, stages)
    found, labels = [], read_labels(store.root)
    evaluations = defaultdict(list)
    for evaluation in lineages.stored[LAST]:
        evaluations[evaluation["fields"]["inputs"].get("parameters")].append(evaluation)
    for manifest in lineages.stored["train"]:
        with suppress(CorruptArtifact, MissingArtifact):
            trained = manifest["outputs"]["parameters"]["digest"]
            scores = _evaluation(store, manifest, evaluations[trained])
            label = labels.get(manifest["fingerprint"], NO_LABEL)
            found.append(_run(store, lineages.of(manifest), scores, label))
    return sorted(found, key=lambda run: run.manifest["written"], reverse=True)


def _run(store: Store, lineage: Lineage, scores: Mapping[str, Any], label: Label) -> Run:
    manifest = lineage.manifest
    training = _load(store, "train", manifest, "training")
    test = scores.get("test", {})
    return Run(
        name=manifest["fingerprint"][:DIGITS],
        dataset=_dataset(store, lineage),
        parameters=lineage.parameters,
        best=training["history"][training["best_epoch"] - 1],
        epochs=len(training["history"]),
        images=training["images"],
        seconds=sum(manifest["notes"].get("epoch_seconds", [])),
        test=test.get("accuracy"),
        tta=test.get("tta", {}).get("accuracy"),
        manifest=manifest,
        label=label,
    )


def _dataset(store: Store, lineage: Lineage) -> str:
    if "dataset" not in lineage.makers:
        return "?"
    return str(_load(store, "decode", lineage.makers["dataset"], "dataset")["name"])


def _load(store: Store, stage: str, manifest: Mapping[str, Any], output: str) -> Any:
    """An output of a result whose manifest has been read: there may be thousands of them."""
    folder = store.folder(Key(stage, manifest["fingerprint"]))
    return read_value(folder, manifest["outputs"][output])


def _evaluation(
    store: Store, manifest: Mapping[str, Any], stored: Iterable[Mapping[str, Any]]
) -> Mapping[str, Any]:
    """What was measured of this training: with flip TTA, where that was done."""
    made = {name: output["digest"] for name, output in manifest["outputs"].items()}
    found: Mapping[str, Any] = {}
    for evaluation in stored:
        if made.items() <= evaluation["fields"]["inputs"].items():
            scores = _load(store, LAST, evaluation, "evaluation")
            if not found or "tta" in scores.get("test", {}):
                found = scores
    return found
