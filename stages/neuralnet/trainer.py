"""Trains a network by mini-batch gradient descent, on as many workers as there are.

    with Trainer(network, SGD(momentum=0.9, l2=1e-4), features, labels, batch=64) as trainer:
        for epoch in range(10):
            trainer.run(epoch, 0, trainer.steps, lr=0.01 * 0.95**epoch)
            print(trainer.totals.means(), trainer.evaluate(validation_rows).accuracy)

The parameters are the same, to the bit, for any number of workers, for any executor, and however an
epoch is cut into runs. How a step is cut into pieces is described in step/plan.py, how workers
share them in parallel/worker.py.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from . import checks
from .divergence import check_finite, warn_of_constants
from .inputs import Inputs
from .metrics import Scores, Totals
from .network import Network
from .parallel.job import Segment
from .scalars import whole
from .seeds import ORDER, sequence
from .settings import Settings

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from .images.augmentation import Augmentation
    from .parallel.engine import Engine


def shuffled(rows: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """The rows in an epoch's order: other seeds or epochs, independent orders."""
    return np.random.default_rng(sequence(seed, ORDER, epoch)).permutation(rows)


class Trainer:
    """All that a training needs; to be closed, best by `with`. ValueError on data that do not fit.

    features: (examples, stored), real; best a memory-mapped .npy file, which worker processes map
        for themselves, while other arrays are copied for them once.
    labels: (examples,), whole numbers in [0, classes).
    rows: the examples to train on; by default all. order(epoch) -> int (n,): the rows in the order
        of an epoch; by default these rows, shuffled by `seed` and the epoch.
    inputs: what is done with stored rows before the first layer; None: nothing. augment: what is
        done to them before that, in training alone. smoothing, clip, kernels: see settings.py.
    weights: (examples,), at least 0: a batch's loss is the mean by weights. None: all alike.
    workers: by default one per core. executor: "auto" (as many of them as pay, the bits are the
        same), "serial", "thread", "process"; or an executor that can take workers - 1 calls at
        once; or a pool factory: "auto" calls it, when processes may pay, with the number of
        processes that it wants, and shuts the executor down in the end. Only an optimizer that a
        script defines itself makes processes import it: it needs `if __name__ == "__main__"`.
    """

    def __init__(
        self,
        network: Network,
        optimizer: Any,
        features: np.ndarray,
        labels: np.ndarray,
        *,
        batch: int = 64,
        rows: np.ndarray | None = None,
        order: Callable[[int], np.ndarray] | None = None,
        seed: int = 0,
        inputs: Inputs | None = None,
        augment: Augmentation | None = None,
        smoothing: float = 0.0,
        clip: float = 0.0,
        weights: np.ndarray | None = None,
        kernels: str = "numpy",
        workers: int | None = None,
        executor: str | Executor | Callable[[int], Executor] = "auto",
    ) -> None:
        from .parallel.engine import Engine  # slow to import: concurrent.futures

        features, labels = np.asanyarray(features), np.asanyarray(labels)
        inputs = (inputs or Inputs()).astype(network.dtype)
        options = smoothing, clip, seed, weights is not None, kernels
        self._settings = Settings(optimizer, inputs, augment, *options)
        checks.check_features(features, inputs, network.structure)
        checks.check_settings(self._settings, features.shape[1], network.structure[0])
        checks.check_labels(labels, len(features), network.outputs)
        if order is None:
            count = len(features)
            rows = np.arange(count) if rows is None else checks.check_rows(rows, count)
            order = partial(shuffled, rows, self._settings.seed)
        first = checks.check_order(order(0), len(features))
        batch = checks.check_batch(batch, len(first), network.structure)
        self.network, self.batch, self.steps = network, batch, -(-len(first) // batch)
        self._features, self._labels = features, labels
        self._order, self._images = order, len(first)
        self._epoch: int | None = None  # whose order is loaded
        self._count, self._previous, self._whole, self._warned = 0, 0.0, True, False
        data, counts = (features, labels, weights), (batch, len(first))
        self._engine = Engine(network, self._settings, *data, *counts, executor, workers)
        self._space, self._arrays = self._engine.space, self._engine.space.arrays
        self._finalizer = weakref.finalize(self, _abandon, self._engine)

    def run(self, epoch: int, start: int, stop: int, lr: float | Sequence[float]) -> None:
        """Carry out steps [start, stop) of an epoch; totals begin anew with step 0.

        lr: the learning rate of all of these steps, or of each of them. The network's parameters
        follow. Raises Diverged, and what a worker raises; after any error a state must be restored
        before the next run.
        """
        self._require_whole()
        self._engine.check_process()
        epoch, stop = whole("epoch", epoch), whole("stop", stop, most=self.steps)
        start = whole("start", start, most=stop)
        rates = checks.check_rates(lr, stop - start)
        if start == stop:
            return
        self._load_order(epoch)
        self._whole = False
        sums = self._arrays["sums"]
        if start == 0:
            sums[...] = 0
        previous = self._previous or rates[0]
        self._engine.workers.run(Segment(epoch, start, stop, rates, previous, self._count))
        check_finite(sums, self._arrays["parameters"], epoch, stop)
        sums[0, 3] += min(stop * self.batch, self._images) - start * self.batch
        self._previous, self._count = rates[-1], self._count + stop - start
        self._space.unpack(self._arrays["parameters"], self.network.parameters)
        self._whole = True
        if stop == self.steps and not self._warned:
            self._warned = warn_of_constants(self.network)

    @property
    def totals(self) -> Totals:
        """Sums over the steps of this epoch so far."""
        sums, members = self._arrays["sums"], self.network.members
        loss, correct = (float(sums[:, column].sum()) / members for column in (0, 1))
        return Totals(loss, correct, int(sums[0, 3]))

    def evaluate(self, rows: np.ndarray, network: Network | None = None) -> Scores:
        """Scores of the network, as it is now, or of another one, on some of the examples."""
        options = {"inputs": self._settings.inputs, "workers": self._engine.workers.workers}
        return (network or self.network).evaluate(self._features, self._labels, rows, **options)

    def averaged(self) -> Network:
        """The network with the averages of its parameters, which `Averaged` keeps: a copy."""
        found = Network(self.network.structure, self.network.dtype, self.network.members)
        self._space.unpack(self._arrays["slots"][-1], found.parameters)
        return found

    def state(self) -> dict[str, np.ndarray]:
        """All that must be kept to resume from here later: copies."""
        self._require_whole()
        clock = np.array([self._count, self._previous], np.float64)
        return {**self._space.state(), "clock": clock}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Resume from what `state` gave; ValueError if that was for other layers or slots."""
        self._engine.check_process()
        self._space.restore(state)
        self._space.unpack(self._arrays["parameters"], self.network.parameters)
        self._count, self._previous = int(state["clock"][0]), float(state["clock"][1])
        self._whole = True

    def close(self) -> None:
        """End the workers and give their memory back; the network keeps its parameters."""
        self._finalizer.detach()
        self._engine.close()

    def __enter__(self) -> Trainer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _require_whole(self) -> None:
        if not self._whole:
            raise RuntimeError("the last run was broken off in a step: restore a state first")

    def _load_order(self, epoch: int) -> None:
        if epoch != self._epoch:
            order = self._order(epoch)
            self._arrays["order"][...] = checks.check_order(
                order, len(self._features), self._images
            )
            self._epoch = epoch


def _abandon(engine: Engine) -> None:
    """What is left to do for a trainer that nobody closed, and nobody can use any more."""
    try:
        engine.close(wait=False)
    finally:
        warnings.warn("a Trainer was not closed: use `with`", ResourceWarning, stacklevel=2)
