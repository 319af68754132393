"""Lineage: what a stored result was made from, and with which parameters, all the way back.

A manifest names the content of its inputs, so the results behind it are those that made this
content. Where several did (no whitening is the same bytes for every seed), one is taken that was
made from nothing else than what is known to be there, then the one that shares most parameters with
what follows it, and of those the one used last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.fingerprint import value_of
from pipeline.store.store import Store

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Lineage:
    """A result, the results behind it by artifact, and the parameters of all, as Python values."""

    manifest: Manifest
    makers: Mapping[str, Manifest]
    parameters: Mapping[str, Any]


class Lineages:
    """The lineages of what lies in a store, as it is now."""

    def __init__(self, store: Store, stages: Iterable[str]) -> None:
        self.stored = {stage: store.variants(stage) for stage in stages}
        self._makers: dict[tuple[str, str], list[Manifest]] = {}
        for manifests in self.stored.values():
            for manifest in manifests:
                for name, output in manifest["outputs"].items():
                    self._makers.setdefault((name, output["digest"]), []).append(manifest)

    def of(self, manifest: Manifest) -> Lineage:
        """The lineage of a result. What has been deleted since is missing from it."""
        parameters = _parameters(manifest)
        makers: dict[str, Manifest] = {}
        wanted: dict[str, str] = {}  # the content of every artifact that is in it
        waiting = [manifest]
        while waiting:
            inputs = waiting.pop()["fields"].get("inputs", {})
            wanted = inputs | wanted
            for name, digest in inputs.items():
                found = self._makers.get((name, digest))
                if found and name not in makers:
                    best = max(found, key=lambda m: _fit(m, wanted, parameters))
                    makers[name] = best
                    parameters = _parameters(best) | parameters
                    waiting.append(best)
        return Lineage(manifest, makers, parameters)


def _parameters(manifest: Manifest) -> dict[str, Any]:
    found = manifest["fields"].get("parameters", {})
    return {name: value_of(tagged) for name, tagged in found.items()}


def _fit(
    manifest: Manifest, wanted: Mapping[str, str], parameters: Mapping[str, Any]
) -> tuple[bool, int]:
    """How well a result fits into a lineage: whether nothing of it is of other content than what
    is known to be there (two datasets may share their images, not their labels), then how many
    parameters it shares."""
    outputs = {name: one["digest"] for name, one in manifest["outputs"].items()}
    known = {**manifest["fields"].get("inputs", {}), **outputs}
    agrees = all(wanted.get(name, digest) == digest for name, digest in known.items())
    return agrees, _shared(_parameters(manifest), parameters)


def _shared(some: Mapping[str, Any], others: Mapping[str, Any]) -> int:
    return sum(name in others and others[name] == value for name, value in some.items())
