"""Candidates: the combinations that a search compares, each trained with every seed.

A candidate counts by the mean over its seeds; one that failed with any of them comes last. Where
there are rounds, those that got further come first, whatever the others had reached with less.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from stages.commands.search.trial import Result


@dataclass(eq=False)
class Candidate:
    """A combination: its values by parameter, and its results in its last round, by seed."""

    values: dict[str, Any]
    epochs: int = 0
    round: int = 0
    results: dict[int, Result] = field(default_factory=dict)

    @property
    def failure(self) -> str:
        """Why it came to nothing with one of the seeds."""
        return next((result.failure for result in self.results.values() if result.failure), "")

    @property
    def rank(self) -> tuple[float, ...]:
        """The better, the larger."""
        found = self.results.values()
        ranks = zip(*[result.rank for result in found], strict=True)
        return self.round, -any(result.failure for result in found), *map(_mean, ranks)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Its values, as a JSON value."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in self.values.items()}

    def document(self) -> dict[str, Any]:
        """What is known of it, as a JSON value; accuracies are parts of 1."""
        found, failure = list(self.results.values()), self.failure
        scores = [result.accuracy for result in found]
        whole = not failure
        return {
            "parameters": self.parameters,
            "epochs": self.epochs,
            "failure": failure or None,
            "accuracy": _mean(scores) if whole else None,
            "deviation": statistics.stdev(scores) if whole and len(scores) > 1 else None,
            "loss": _mean(result.loss for result in found) if whole else None,
            "seeds": {
                str(seed): {
                    "accuracy": result.accuracy,
                    "loss": result.loss,
                    "best_epoch": result.epoch,
                    "epoch_seconds": round(result.seconds, 3),
                }
                for seed, result in sorted(self.results.items())
                if not result.failure
            },
        }


def ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best first; those that are equal stay in order."""
    return sorted(candidates, key=lambda candidate: candidate.rank, reverse=True)


def edges(best: Mapping[str, Any], tried: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    """Where the best has the smallest or the largest of several numbers: try some beyond."""
    found = {}
    for name, values in tried.items():
        numbers = sorted(value for value in values if _is_number(value))
        if len(numbers) > 1 and best[name] in (numbers[0], numbers[-1]):
            found[name] = "smallest" if best[name] == numbers[0] else "largest"
    return found


def _mean(values: Iterable[float]) -> float:
    """The mean; of one value, as most have, that value: 40,000 of them take a part of a second."""
    first, *others = values
    return statistics.mean((first, *others)) if others else first


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
