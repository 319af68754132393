"""A search under way: the rounds, the trainings in each, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.cli.session import Session
from pipeline.executors.cores import default_workers
from pipeline.executors.dask_cluster import expect_cluster
from pipeline.runner import run
from pipeline.search.halving import rounds
from pipeline.settings import scaled
from pipeline.store.key import Key
from stages.commands.search import TARGETS
from stages.commands.search.board import Board
from stages.commands.search.candidates import Candidate, ranked
from stages.commands.search.page import words
from stages.commands.search.recorded import Recorded
from stages.commands.search.trial import Result, Trials, result_of, shortened

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
        tensorboard: TensorBoard | None = None,
    ) -> None:
        self._session, self._candidates, self._seeds = session, candidates, tuple(seeds)
        self._halving, self._tensorboard = halving, tensorboard
        executor = session.chosen_executor or "process"
        self._placement = replace(session.placement, executor=executor)
        self._settings = {name: setting.value for name, setting in session.settings.items()}
        self._trials = Trials(session.planner)
        counted = rounds(len(candidates), halving) if halving else [(len(candidates), 1.0)]
        known = session.pipeline.parameters
        self.rounds = [(n, shortened(known, self._settings, part)) for n, part in counted]
        total = sum(count for count, _ in self.rounds) * len(self._seeds)
        self._board = Board(session.reporter, total)
        self._dataset = ""
        self._searched = {name for one in candidates for name in one.values}
        self._measured = {n for n in self._searched if known[n].option.scales_with == "epochs"}

    def planned(self) -> list[dict[str, Any]]:
        """The trainings of the first round, and whether they are there already."""
        return [
            {
                "parameters": self._described(training),
                "status": "cached" if self._trials.cached(self._all_of(training, 0)) else "runs",
            }
            for training in self._trainings(self._candidates)
        ]

    def carry_out(self) -> list[Candidate]:
        """Train all that is needed; the candidates, the best first."""
        session = self._session
        try:
            varied = {"seed"} if self._seeds != (session.value("seed"),) else set()
            shared = self._trials.shared(self._searched | varied)
            if self._placement.executor == "dask" and self._trials.lack(shared):
                expect_cluster(self._placement)  # and not after what takes minutes
            self._dataset = run(session.planner, shared, session.reporter)["dataset"]["name"]
            for number, (count, _) in enumerate(self.rounds):
                going = ranked(self._candidates)[:count] if number else self._candidates
                self._round(number, going)
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

    def _round(self, number: int, going: Sequence[Candidate]) -> None:
        for one in going:
            one.round, one.epochs, one.results = number, self.rounds[number][1]["epochs"], {}
        missing = self._take_stored(self._trainings(going), number)
        if not missing:
            return
        from pipeline.search.trials import completed  # here: what finds all stored needs no NumPy

        jobs = min(self._placement.most, len(missing))
        away = self._placement.executor == "dask"
        placement = self._placement if away else replace(self._placement, jobs=jobs)
        alone = self._workers_of_each(1 if away else default_workers() // jobs)
        tasks = {one: self._trials.planner({**given, **alone}) for one, given in missing.items()}
        epochs = self.rounds[number][1]["epochs"]

        def reporter_of(training: Training) -> Any:
            given = missing[training]
            return self._board.reporter(self._described(training), given.get("epochs", epochs))

        round_of = f" {number + 1}/{len(self.rounds)}" if len(self.rounds) > 1 else ""
        with self._board.under_way(f"search{round_of}", len(missing)):
            ended = completed(tasks, TARGETS, placement, reporter_of, "search")
            with closing(ended) as results:
                for training, outcome, error in results:
                    self._take(training, result_of(outcome, error))

    def _take_stored(
        self, trainings: Iterable[Training], number: int
    ) -> dict[Training, dict[str, Any]]:
        """Take in what is stored; the others, and all parameters of each."""
        missing, recorded = {}, Recorded(self._session.store)
        alike, names = self._in_common(recorded, self.rounds[number][1]), sorted(self._searched)
        for training in trainings:
            of_seed = alike.get(training[1], "")
            given = self._values(training[0], number)
            values = {name: given[name] for name in names}
            result = recorded.find(of_seed, values)
            if result is None:
                settings = self._all_of(training, number)
                decision, ready = self._trials.decide(settings)
                if result := self._trials.stored(decision, ready):
                    recorded.put(of_seed, values, decision, result)
            if result is None:
                missing[training] = settings
            else:
                self._take(training, result)
        recorded.save()
        return missing

    def _in_common(self, recorded: Recorded, common: Mapping[str, Any]) -> dict[int, str]:
        """What the trainings with a seed have in common, where what is searched is the training's
        alone, and all before it is stored."""
        known, found = self._session.pipeline.parameters, {}
        before = {stage.name for stage in self._session.pipeline.upstream(TARGETS)} - {*TARGETS}
        if {*self._trials.shared(self._searched)} == before:
            for seed in self._seeds:
                last, ready = self._trials.decide({**common, "seed": seed})
                found[seed] = recorded.common(last, self._searched, known) if ready else ""
        return found

    def _trainings(self, going: Sequence[Candidate]) -> Iterator[Training]:
        """The trainings of a round, in order."""
        return ((one, seed) for one in going for seed in self._seeds)

    def _all_of(self, training: Training, number: int) -> dict[str, Any]:
        """All parameters of a training in a round."""
        candidate, seed = training
        return {**self.rounds[number][1], **self._values(candidate, number), "seed": seed}

    def _values(self, candidate: Candidate, number: int) -> Mapping[str, Any]:
        """What a candidate's values are in a round: those measured in epochs follow them."""
        part = self.rounds[number][1]["epochs"] / self._settings["epochs"]
        if part == 1 or not self._measured:
            return candidate.values
        known = self._session.pipeline.parameters
        measured = {n: scaled(known[n], candidate.values[n], part) for n in self._measured}
        return {**candidate.values, **measured}

    def _workers_of_each(self, workers: int) -> dict[str, int]:
        """How many cores each training has for itself, where the user has not said it."""
        if self._session.settings["workers"].origin != "default":
            return {}
        return {"workers": max(1, workers)}

    def _take(self, training: Training, result: Result) -> None:
        candidate, seed = training
        candidate.results[seed] = result
        if self._board.heard:
            figures = {"parameters": candidate.parameters, "seed": seed}
            self._board.take(self._described(training), result, figures)
        if self._tensorboard is not None and result.fingerprint:
            key = Key(TARGETS[0], result.fingerprint)
            settings = self._all_of(training, candidate.round)
            self._tensorboard.record(self._session.store, key, settings, {})

    def _described(self, training: Training) -> str:
        candidate, seed = training
        return words(candidate.values | ({"seed": seed} if len(self._seeds) > 1 else {}))
