"""Plan: what is up to date, what is stale, and why.

A stage is decided once the digests of its inputs are known. Where an input comes from a stage that
has yet to run, nobody can know: the input may come out as it was before, and the wave stops there.
So a plan made without running anything has three answers:

    cached    the result is stored; it will be used
    runs      it is not; the reason says which field of the fingerprint differs from what is stored
    waits     it depends on what a stage before it makes
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.code import CodeIndex
from pipeline.code.texts import Texts, source_texts
from pipeline.decisions import CACHED, RUNS, WAITS, Decision
from pipeline.fingerprint import Fingerprint, differences, fingerprint_of
from pipeline.graph import Pipeline
from pipeline.observation import Observations, resolved
from pipeline.stage import Stage
from pipeline.store.files import Files
from pipeline.store.store import Key, Store

if TYPE_CHECKING:
    from pipeline.item_plan import ItemPlan

__all__ = ["CACHED", "RUNS", "WAITS", "Decision", "Planner", "output_digests"]
Sources = Mapping[str, "Key | Files"]  # where an artifact is found, or the artifact itself


class Planner:
    """Decides about the stages of a pipeline, given everything that identifies their results."""

    def __init__(
        self,
        pipeline: Pipeline,
        parameters: Mapping[str, Any],
        store: Store,
        code: CodeIndex,
    ) -> None:
        self.pipeline, self.store, self._code = pipeline, store, code
        self._given, self._reasoned = dict(parameters), True
        self._resolved: dict[str, dict[str, Any]] = {}
        self._common: dict[str, dict[str, Any]] = {}  # of a variant: those of whom it varies
        self._decided: dict[tuple[str, ...], Decision] = {}  # what variants have in common
        for stage in pipeline.stages.values():  # now: a source may be edited while others run
            code.reached(stage.function, stage.ignores, stage.groups, save=False)
        code.save()
        self.observations = Observations(store, code)
        self.texts = Texts(store.root)

    def variant(self, parameters: Mapping[str, Any]) -> Planner:
        """A planner for other parameters, on the same code and store, for one of many runs.

        It gives no reasons: to find the nearest of 10,000 stored variants takes a second.
        """
        other = copy.copy(self)
        other._reasoned, other._given = False, dict(parameters)
        other._common, other._decided = self._resolved, self._decided
        changed = {
            name
            for name, value in self._given.items()
            if value is not parameters[name] and repr(value) != repr(parameters[name])
        }
        other._resolved = {
            name: values
            for name, values in self._resolved.items()
            if changed.isdisjoint(self.pipeline.stages[name].parameters)
        }
        return other

    def parameters_of(self, stage: Stage) -> dict[str, Any]:
        """The parameters of a stage, resolved against the world outside, once."""
        if stage.name not in self._resolved:
            values = {name: self._given[name] for name in stage.parameters}
            self._resolved[stage.name] = resolved(stage, values, self.store.cache)
        return self._resolved[stage.name]

    def decide(
        self, stage: Stage, digests: Mapping[str, str], keys: Sources | None = None
    ) -> Decision:
        """Decide about one stage. `digests` are those of the artifacts known so far; with `keys`,
        those of the results that hold them, it is decided about items, too."""
        parameters = self.parameters_of(stage)
        unknown = [name for name in stage.inputs if name not in digests]
        if unknown:
            makers = dict.fromkeys(self.pipeline.producers[name].name for name in unknown)
            reason = f"depends on what {' and '.join(makers)} will make"
            return Decision(stage, WAITS, (reason,), parameters)
        inputs = {name: digests[name] for name in stage.inputs}
        common = self._common.get(stage.name) is parameters
        if common and (known := self._decided.get((stage.name, *inputs.values()))):
            return known
        found = fingerprint_of(stage, parameters, inputs, self._code)
        key = Key(stage.name, found.digest)
        damage, manifest = self.store.examine(key)
        if damage is None and manifest is not None:
            reasons = self.observations.changes(stage, manifest)
            if not reasons:
                fields, why = found.fields, (_up_to_date(manifest),)
                made = Decision(stage, CACHED, why, parameters, key, fields, manifest=manifest)
                if common:
                    self._decided[stage.name, *inputs.values()] = made
                return made
        else:
            reasons = self._reasons(found) if self.store.is_absent(key) else (str(damage),)
        reached = self._code.reached(stage.function, stage.ignores, stage.groups)
        made = Decision(stage, RUNS, reasons, parameters, key, found.fields, opaque=reached.opaque)
        items = None
        if stage.over and keys is not None:
            items = self._items(stage, found, keys, reasons)
            reasons = items.reasons
        sources = self._code.stamps(reached)
        return replace(made, reasons=reasons, sources=sources, items=items)

    def _items(
        self, stage: Stage, found: Fingerprint, keys: Sources, reasons: tuple[str, ...]
    ) -> ItemPlan:
        from pipeline.item_plan import plan_items  # here: most pipelines map nothing

        nearest = self._nearest(found.fields)
        changes = self.observations.changes
        return plan_items(stage, found.fields, keys, self.store, changes, nearest, reasons)

    def remember(self, stage: Stage) -> None:
        """Keep the sources of what a stage that has run reaches: `explain` shows their changes."""
        reached = self._code.reached(stage.function, stage.ignores, stage.groups)
        self.texts.keep(reached, lambda: self._code.sources(reached))

    def text_now(self, stage: Stage) -> dict[str, str]:
        """ "module.name digest" → source, of all that a stage reaches."""
        reached = self._code.reached(stage.function, stage.ignores, stage.groups)
        return source_texts(reached, self._code.sources(reached))

    def side_effects(self, stage: Stage) -> list[str]:
        """What `stage` has changed while it ran, of what other stages use, in words."""
        changed = self._code.changed()
        others = [other for other in self.pipeline.stages.values() if other is not stage]
        words = []
        for name in changed:
            users = [other.name for other in others if self._uses(other, name)]
            if users:
                words.append(
                    f"{stage.name} changed {name} while it ran, which {', '.join(users)} may use: "
                    f"where {stage.name} is cached, that does not happen"
                )
        return words

    def _uses(self, stage: Stage, name: str) -> bool:
        symbols = self._code.reached(stage.function, stage.ignores, stage.groups).symbols
        return any(one == name or one.startswith(f"{name}(") for one in symbols)

    def plan(self, targets: Iterable[str] = ()) -> list[Decision]:
        """Decide about all that `targets` need (none: everything), running nothing."""
        digests: dict[str, str] = {}
        keys: dict[str, Key | Files] = {}
        decisions = []
        for stage in self.pipeline.upstream(targets):
            decision = self.decide(stage, digests, keys)
            decisions.append(decision)
            if decision.status == CACHED and decision.manifest is not None and decision.key:
                digests |= output_digests(decision.manifest)
                keys |= dict.fromkeys(stage.outputs, decision.key)
            elif stage.gives:
                keys[stage.outputs[0]] = files = decision.parameters[stage.gives]
                digests[stage.outputs[0]] = files.digest()
        return decisions

    def nearest(self, fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The fields of the stored variant that differs least, the last used among equals."""
        found = self._nearest(fields)
        return None if found is None else found["fields"]

    def _nearest(self, fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
        stored = self.store.variants(fields["stage"])
        return min(stored, key=lambda old: len(differences(old["fields"], fields)), default=None)

    def _reasons(self, found: Fingerprint) -> tuple[str, ...]:
        """The differences from the nearest stored variant."""
        if not self._reasoned:
            return ("not stored",)
        old = self.nearest(found.fields)
        return ("never run before",) if old is None else tuple(differences(old, found.fields))


def _up_to_date(manifest: Mapping[str, Any]) -> str:
    counts = [output["count"] for output in manifest["outputs"].values() if "count" in output]
    return f"up to date, {counts[0]:,} items" if counts else "up to date"


def output_digests(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The content digests of the outputs in a manifest, by artifact name."""
    return {name: output["digest"] for name, output in manifest["outputs"].items()}
