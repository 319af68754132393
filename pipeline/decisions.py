"""Decision: what a plan says of one stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.stage import Stage
from pipeline.store.store import Key

if TYPE_CHECKING:
    from pipeline.item_plan import ItemPlan

CACHED, RUNS, WAITS = "cached", "runs", "waits"
SHOWN = 2  # reasons in one line


@dataclass(frozen=True)
class Decision:
    """What is to be done about one stage, and why.

    `parameters` are those that the function will be called with. `key` and `fields` (of the
    fingerprint) are None where the stage waits. `sources` are those of a stage that runs, as they
    were when they were fingerprinted; `manifest` is that of a result that is stored. `items` are
    those of a mapped stage that runs, where its inputs are there to be looked at. `opaque` are
    values that its function reaches and that have no content to be compared, in words.
    """

    stage: Stage
    status: str
    reasons: tuple[str, ...]
    parameters: Mapping[str, Any]
    key: Key | None = None
    fields: Mapping[str, Any] | None = None
    sources: Mapping[str, list[int]] = field(default_factory=dict)
    manifest: Mapping[str, Any] | None = None
    items: ItemPlan | None = None
    opaque: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """The reasons in one line, of which there may be too many to list: `explain` has all."""
        more = len(self.reasons) - SHOWN
        rest = [f"{more} more, see explain {self.stage.name}"] if more > 0 else []
        return "; ".join([*self.reasons[:SHOWN], *rest])
