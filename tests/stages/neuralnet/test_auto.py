"""The choice of workers: on a clock that each way of working turns as fast as it likes."""

from __future__ import annotations

import time
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool

import pytest

from stages.neuralnet import SGD, Trainer
from stages.neuralnet.auto import WORTHWHILE, Auto
from stages.neuralnet.work import Segment

from .data import examples, network


class Simulated(Auto):
    """Helpers come half a second after they are called; steps take the time that they are given."""

    def __init__(self, alone: float, together: float) -> None:
        super().__init__(2, clock=lambda: self.now)
        self.now, self.called, self.seconds = 0.0, None, {False: alone, True: together}
        self.spent, self.done = {False: 0.0, True: 0.0}, []

    def alone(self, segment, first, last):
        self._take(False, first, last)

    def together(self, segment, first, last):
        self._take(True, first, last)
        return last - first, (last - first) * self.seconds[True]

    def summon(self):
        self.called = self.now if self.called is None else self.called

    def assembled(self):
        return self.now > self.called + 0.5

    def _take(self, together, first, last):
        seconds = (last - first) * self.seconds[together] + 0.0005 * together
        self.now += seconds
        self.spent[together] += seconds
        self.done += range(first, last)

    def train(self, steps):
        before = len(self.done)
        self.run(Segment(0, 0, steps, (0.1,) * steps, 0.1, 0))
        assert self.done[before:] == list(range(steps))


@pytest.mark.parametrize("segment", [100, 500, 100_000])
@pytest.mark.parametrize(("alone", "together"), [(2e-3, 1e-3), (1e-3, 5e-3), (4e-4, 3e-4)])
def test_the_faster_way_gets_nearly_all_the_time(alone, together, segment):
    team = Simulated(alone, together)
    while team.now < 30:
        team.train(segment)
    slower = alone < together
    assert team.spent[slower] < 0.05 * team.now + 1.5


def test_calls_that_cost_more_than_they_save_are_not_made():
    team = Simulated(alone=1e-3, together=5e-4)
    while team.now < 5:
        team.train(100)
    team.spent = {False: 0.0, True: 0.0}
    while team.now < 10:
        team.train(1)
    assert team.spent[True] == 0


def test_a_machine_that_becomes_busy_is_noticed():
    team = Simulated(alone=2e-3, together=1e-3)
    while team.now < 20:
        team.train(200)
    team.seconds[True] = 8e-3
    team.spent = {False: 0.0, True: 0.0}
    while team.now < 40:
        team.train(200)
    assert team.spent[True] < 6  # three segments of 1.6 s, and trials
    team.seconds[True] = 1e-3
    while team.now < 120:
        team.train(200)
    assert team.spent[True] > team.spent[False]


def test_one_disturbance_changes_no_mind():
    team = Simulated(alone=2e-3, together=1e-3)
    while team.now < 20:
        team.train(200)
    team.seconds[True] = 9e-3
    team.train(50)
    team.seconds[True] = 1e-3
    team.spent = {False: 0.0, True: 0.0}
    while team.now < 40:
        team.train(200)
    assert team.spent[False] < 0.02 * team.spent[True]


def test_no_processes_are_started_for_little():
    team = Simulated(alone=1e-3, together=1e-4)
    team.train(int(WORTHWHILE / 1e-3) - 10)
    assert team.called is None


def test_where_processes_cannot_be_started_the_caller_goes_on_alone():
    class Broken(Executor):
        def submit(self, *_, **__):
            raise BrokenProcessPool("no processes here")

    team = Auto(2)
    team._source, team._spent = Broken(), 1.0
    assert not team._ready()
    assert not team._ready()


def test_real_processes_give_the_same_bits(monkeypatch):
    monkeypatch.setattr("stages.neuralnet.auto.WORTHWHILE", 0.0)
    monkeypatch.setattr("stages.neuralnet.auto.TRIAL", 0.0)
    features, labels = examples(200)
    chosen, serial = network(), network()
    options = {"workers": 2, "batch": 16}
    with (
        Trainer(chosen, SGD(), features, labels, **options) as one,
        Trainer(serial, SGD(), features, labels, executor="serial", **options) as two,
    ):
        assert isinstance(one._team, Auto)
        deadline = time.monotonic() + 20
        epoch = 0
        while not one._team._times[True] and time.monotonic() < deadline:
            for trainer in (one, two):
                trainer.run(epoch, 0, trainer.steps, 0.01)
            epoch += 1
        assert one._team._times[True]
        for trainer in (one, two):
            trainer.run(epoch, 0, trainer.steps, 0.01)
    assert (chosen.parameters == serial.parameters).all()
