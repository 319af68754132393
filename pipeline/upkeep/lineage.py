"""Lineage: what a stored result was made from, and with which parameters, all the way back.

A manifest names the content of its inputs, so the results behind it are those that made this
content. Where several did (no whitening is the same bytes for every seed), the one that shares most
parameters with what follows it is taken, and of those the one used last.
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
        waiting = [manifest]
        while waiting:
            for name, digest in waiting.pop()["fields"].get("inputs", {}).items():
                found = self._makers.get((name, digest))
                if found and name not in makers:
                    makers[name] = max(found, key=lambda m: _shared(_parameters(m), parameters))
                    parameters = _parameters(makers[name]) | parameters
                    waiting.append(makers[name])
        return Lineage(manifest, makers, parameters)


def _parameters(manifest: Manifest) -> dict[str, Any]:
    found = manifest["fields"].get("parameters", {})
    return {name: value_of(tagged) for name, tagged in found.items()}


def _shared(some: Mapping[str, Any], others: Mapping[str, Any]) -> int:
    return sum(name in others and others[name] == value for name, value in some.items())
