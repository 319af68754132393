"""The choice of workers: on a clock that each way of working turns as fast as it likes."""

from __future__ import annotations

import time
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from unittest import mock

import pytest

from stages.neuralnet import SGD, Trainer
from stages.neuralnet.parallel.auto import WORTHWHILE, Auto
from stages.neuralnet.parallel.executors import process_pool
from stages.neuralnet.parallel.job import Segment

from ..data import examples, network


class Simulated(Auto):
    """Helpers come half a second after they are called; steps take the time that they are given."""

    def __init__(self, alone: float, together: float) -> None:
        super().__init__(2, pool=None, clock=lambda: self.now)
        self.now, self.called, self.seconds = 0.0, None, {False: alone, True: together}
        self.spent, self.done = {False: 0.0, True: 0.0}, []

    def run_alone(self, segment, first, last):
        self._take(False, first, last)

    def run_together(self, segment, first, last):
        self._take(True, first, last)
        return last - first, (last - first) * self.seconds[True]

    def start(self):
        self.called = self.now if self.called is None else self.called

    def started(self):
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
    workers = Simulated(alone, together)
    while workers.now < 30:
        workers.train(segment)
    slower = alone < together
    assert workers.spent[slower] < 0.05 * workers.now + 1.5


def test_calls_that_cost_more_than_they_save_are_not_made():
    workers = Simulated(alone=1e-3, together=5e-4)
    while workers.now < 5:
        workers.train(100)
    workers.spent = {False: 0.0, True: 0.0}
    while workers.now < 10:
        workers.train(1)
    assert workers.spent[True] == 0


def test_a_machine_that_becomes_busy_is_noticed():
    workers = Simulated(alone=2e-3, together=1e-3)
    while workers.now < 20:
        workers.train(200)
    workers.seconds[True] = 8e-3
    workers.spent = {False: 0.0, True: 0.0}
    while workers.now < 40:
        workers.train(200)
    assert workers.spent[True] < 6  # three segments of 1.6 s, and trials
    workers.seconds[True] = 1e-3
    while workers.now < 120:
        workers.train(200)
    assert workers.spent[True] > workers.spent[False]


def test_one_disturbance_changes_no_mind():
    workers = Simulated(alone=2e-3, together=1e-3)
    while workers.now < 20:
        workers.train(200)
    workers.seconds[True] = 9e-3
    workers.train(50)
    workers.seconds[True] = 1e-3
    workers.spent = {False: 0.0, True: 0.0}
    while workers.now < 40:
        workers.train(200)
    assert workers.spent[False] < 0.02 * workers.spent[True]


def test_no_processes_are_started_for_little():
    workers = Simulated(alone=1e-3, together=1e-4)
    workers.train(int(WORTHWHILE / 1e-3) - 10)
    assert workers.called is None


def test_where_processes_cannot_be_started_the_caller_goes_on_alone():
    class Broken(Executor):
        def submit(self, *_, **__):
            raise BrokenProcessPool("no processes here")

    workers = Auto(2, pool=lambda count: Broken())
    workers._spent = 1.0
    assert not workers._ready()
    assert not workers._ready()


def test_real_processes_give_the_same_bits(monkeypatch):
    monkeypatch.setattr("stages.neuralnet.parallel.auto.WORTHWHILE", 0.0)
    monkeypatch.setattr("stages.neuralnet.parallel.auto.TRIAL", 0.0)
    features, labels = examples(200)
    chosen, serial = network(), network()
    options = {"workers": 2, "batch": 16}
    with (
        Trainer(chosen, SGD(), features, labels, **options) as one,
        Trainer(serial, SGD(), features, labels, executor="serial", **options) as two,
    ):
        assert isinstance(one._engine.workers, Auto)
        deadline = time.monotonic() + 20
        epoch = 0
        while not one._engine.workers._times[True] and time.monotonic() < deadline:
            for trainer in (one, two):
                trainer.run(epoch, 0, trainer.steps, 0.01)
            epoch += 1
        assert one._engine.workers._times[True]
        for trainer in (one, two):
            trainer.run(epoch, 0, trainer.steps, 0.01)
    assert (chosen.parameters == serial.parameters).all()


def test_a_pool_factory_is_called_when_processes_may_pay(monkeypatch):
    monkeypatch.setattr("stages.neuralnet.parallel.auto.WORTHWHILE", 0.0)
    asked, made, (features, labels) = [], [], examples(200)

    def factory(count):
        asked.append(count)
        made.append(process_pool(count))
        return made[-1]

    nets = network(), network()
    for net, executor in zip(nets, (factory, "serial"), strict=True):
        with Trainer(net, SGD(), features, labels, workers=3, executor=executor) as trainer:
            assert asked == ([] if net is nets[0] else [2])
            for epoch in range(3):
                trainer.run(epoch, 0, trainer.steps, 0.01)
    assert (nets[0].parameters == nets[1].parameters).all()
    with pytest.raises(RuntimeError, match="shutdown"):
        made[0].submit(abs, -1)


def test_a_pool_factory_is_not_called_for_one_worker():
    factory = mock.Mock()
    with Trainer(network(), SGD(), *examples(90), workers=1, executor=factory) as trainer:
        trainer.run(0, 0, trainer.steps, 0.01)
    factory.assert_not_called()
