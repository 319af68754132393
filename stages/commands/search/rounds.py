"""A search under way: the rounds, the trainings in each, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from pipeline.cli.session import Session
from pipeline.context import Progress
from pipeline.executors.cores import default_workers
from pipeline.executors.tasks import completed
from pipeline.runner import run
from pipeline.search.halving import rounds
from pipeline.store.key import Key
from stages.commands.search import TARGETS
from stages.commands.search.candidates import Candidate, ranked
from stages.commands.search.page import line, words
from stages.commands.search.trial import Result, Trials, shortened, train_one

if TYPE_CHECKING:
    from stages.commands.tensorboard.client import TensorBoard

Training = tuple[Candidate, int]  # and the seed


class Search:
    """Candidates, each trained with every seed; with `halving`, in rounds that grow longer.

    Trainings run several at once, a core each: to share one out among cores is slower, and the bits
    are the same.
    """

    def __init__(
        self,
        session: Session,
        candidates: list[Candidate],
        seeds: Sequence[int],
        halving: int | None,
        board: TensorBoard | None = None,
    ) -> None:
        self._session, self._candidates, self._seeds = session, candidates, tuple(seeds)
        self._halving, self._board = halving, board
        executor = session.chosen_executor or "process"
        self._placement = replace(session.placement, executor=executor)
        self._settings = {name: setting.value for name, setting in session.settings.items()}
        self._trials = Trials(session.pipeline, session.store)
        counted = rounds(len(candidates), halving) if halving else [(len(candidates), 1.0)]
        known = session.pipeline.parameters
        self.rounds = [(n, shortened(known, self._settings, part)) for n, part in counted]
        self._done, self._total = 0, sum(count for count, _ in self.rounds) * len(self._seeds)
        self._dataset = ""

    def planned(self) -> list[dict[str, Any]]:
        """The trainings of the first round, and whether they are there already."""
        return [
            {
                "parameters": self._told(training),
                "status": "cached" if self._trials.cached(settings) else "runs",
            }
            for training, settings in self._trainings(self._candidates, 0).items()
        ]

    def carry_out(self) -> list[Candidate]:
        """Train all that is needed; the candidates, the best first."""
        session = self._session
        searched = {name for one in self._candidates for name in one.values} | {"seed"}
        try:
            shared = self._trials.shared(searched)
            self._dataset = run(session.planner, shared, session.reporter)["dataset"]["name"]
            with session.reporter.progress("search", self._total, "trainings") as progress:
                for number, (count, _) in enumerate(self.rounds):
                    self._round(number, ranked(self._candidates)[:count], progress)
        finally:
            session.reporter.close()
        return ranked(self._candidates)

    def document(self, found: Sequence[Candidate]) -> dict[str, Any]:
        """The result as a JSON value; the trials are in order, the best first."""
        best = None if found[0].failure else found[0]
        return {
            "dataset": self._dataset,
            "seeds": list(self._seeds),
            "halving": self._halving,
            "rounds": [{"trials": n, "epochs": given["epochs"]} for n, given in self.rounds],
            "trials": [candidate.document() for candidate in found],
            "best": best.document()["parameters"] if best else None,
        }

    def _round(self, number: int, going: Sequence[Candidate], progress: Progress) -> None:
        for one in going:
            one.round, one.epochs, one.results = number, self.rounds[number][1]["epochs"], {}
        missing = {}
        for training, settings in self._trainings(going, number).items():
            if result := self._trials.cached(settings):
                self._take(training, result, progress)
            else:
                missing[training] = settings
        jobs = min(self._placement.most, len(missing) or 1)
        placement = replace(self._placement, jobs=jobs)
        alone = self._workers_of_each(default_workers() // jobs)
        pipeline, store = self._session.pipeline, str(self._session.store.root)
        tasks = {one: (pipeline, {**given, **alone}, store) for one, given in missing.items()}
        with closing(completed(train_one, tasks, placement)) as results:
            for training, result in results:
                self._take(training, result, progress)

    def _trainings(self, going: Sequence[Candidate], number: int) -> dict[Training, dict[str, Any]]:
        """The trainings of a round, in order, and all parameters of each."""
        settings = self.rounds[number][1]
        return {
            (one, seed): {**settings, **one.values, "seed": seed}
            for one in going
            for seed in self._seeds
        }

    def _workers_of_each(self, workers: int) -> dict[str, int]:
        """How many cores each training has for itself, where the user has not said it."""
        if self._session.settings["workers"].origin != "default":
            return {}
        return {"workers": max(1, workers)}

    def _take(self, training: Training, result: Result, progress: Progress) -> None:
        candidate, seed = training
        candidate.results[seed] = result
        self._done += 1
        number = f"[{self._done:>{len(str(self._total))}}/{self._total}]"
        told = line(number, self._told(training), result)
        figures = asdict(result) | {"trial": self._done, "trials": self._total, "seed": seed}
        figures["epoch_seconds"] = figures.pop("seconds")  # of all epochs; a line has its own
        self._session.reporter.metrics("search", figures | candidate.document_of_values(), told)
        progress.advance()
        if self._board is not None and result.fingerprint:
            settings = {**self.rounds[candidate.round][1], **candidate.values, "seed": seed}
            key = Key(TARGETS[0], result.fingerprint)
            self._board.record(self._session.store, key, settings, {})

    def _told(self, training: Training) -> str:
        candidate, seed = training
        return words(candidate.values | ({"seed": seed} if len(self._seeds) > 1 else {}))
