"""A recipe as this project trains it: the trainer of the stage `train`, without saved states."""

from __future__ import annotations

from dataclasses import replace

from pipeline.context import QUIET
from stages import neuralnet as nn
from stages.training.build import Examples, make_trainer
from tests.benchmarks.recipes.task import Task

GROUPS = ("inputs", "network", "batch", "optimizer", "augmentation")


class Ours:
    """workers: as those of the trainer; by default it finds out how many pay. kernels: by default
    those of the recipe."""

    def __init__(self, task: Task, workers: int | None = None, kernels: str | None = None) -> None:
        self._task, self._workers, self._options = task, workers, dict(task.options)
        if kernels:
            self._options["batch"] = replace(task.options["batch"], kernels=kernels)
        self._trainer: nn.Trainer | None = None

    def begin(self, seed: int) -> None:
        """A new network."""
        self.close()
        task, arrays = self._task, self._task.arrays
        names = ("train_rows", "standardization", "whitening")
        data = arrays["features"], arrays["labels"], task.dataset, *(arrays[n] for n in names)
        self._trainer = make_trainer(
            Examples(*data),
            *(self._options[group] for group in GROUPS),
            seed=seed,
            workers=self._workers,
            context=QUIET,
            average=task.values["average"],
            until=task.whole if task.values["refine"] else None,
        )

    def epoch(self, epoch: int) -> tuple[float, int]:
        """Train for one; mean loss, and how many images it had."""
        trainer, steps = self._trainer, self._trainer.steps
        rates = [self._task.rates(epoch + step / steps) for step in range(steps)]
        trainer.run(epoch, 0, steps, rates)
        return trainer.totals.means()["loss"], trainer.totals.images

    def score(self) -> tuple[float, float]:
        """Accuracy on the test images: of each, and of the average over each and its flip."""
        arrays, averages = self._task.arrays, self._task.values["average"]
        network = self._trainer.averaged() if averages else self._trainer.network
        data = arrays["features"], arrays["labels"], arrays["test_rows"]
        options = {"inputs": self._task.inputs}
        return tuple(
            network.evaluate(*data, mirror=mirror, **options).accuracy for mirror in (False, True)
        )

    def close(self) -> None:
        """End the workers."""
        if self._trainer is not None:
            self._trainer.close()
