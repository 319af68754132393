"""Trains a network by mini-batch gradient descent, on as many workers as there are.

    with Trainer(network, SGD(momentum=0.9, l2=1e-4), features, labels, batch=64) as trainer:
        for epoch in range(10):
            trainer.run(epoch, 0, trainer.steps, lr=0.01 * 0.95**epoch)
            print(trainer.totals.means(), trainer.evaluate(validation_rows).accuracy)

The parameters are the same, to the bit, for any number of workers, for any executor, and however an
epoch is cut into runs. How a step is cut is told in gradient.py, how it is shared in workers.py.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from . import memory
from .checks import check_data, check_order, check_rates, check_weights
from .gradient import shapes
from .inputs import Inputs
from .metrics import Scores
from .network import Network
from .panels import pack, unpack
from .processor import OneBlasThread
from .settings import Settings
from .totals import Totals
from .work import Job, Segment, Setup

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from .augment import Augmentation

KEPT = ("parameters", "slots", "sums")  # arrays of the state


class Diverged(FloatingPointError):
    """The loss or a parameter is not finite any more; step (of the epoch): where it showed."""

    def __init__(self, step: int, epoch: int) -> None:
        super().__init__(f"the loss is no longer finite in step {step} of epoch {epoch}")
        self.step, self.epoch = step, epoch

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.step, self.epoch)


def shuffled(rows: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """The rows in an epoch's order: other seeds or epochs, independent orders."""
    return np.random.default_rng(np.random.SeedSequence([seed, epoch])).permutation(rows)


class Trainer:
    """All that a training needs; to be closed, best by `with`. ValueError on data that do not fit.

    features: (examples, stored), real; best a memory-mapped .npy file, which worker processes map
        for themselves, while other arrays are copied for them once.
    labels: (examples,), whole numbers in [0, classes).
    rows: the examples to train on; by default all. order(epoch) -> int (n,): the rows in the order
        of an epoch; by default these rows, shuffled by `seed` and the epoch.
    inputs: what is done with stored rows before the first layer; None: nothing. augment: what is
        done to them before that, in training alone. smoothing, clip: see settings.py.
    weights: (examples,), real, at least 0: how much each example counts; a batch's loss is the mean
        by weights, so their unit does not matter. None: all alike. Only training knows of them.
    workers: by default one per core. executor: "auto" (as many of them as pay, the bits are the
        same), "serial", "thread", "process", or an executor with room for workers - 1 calls at
        once. Processes import the program anew, so a script needs `if __name__ == "__main__"`.
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
        workers: int | None = None,
        executor: str | Executor = "auto",
    ) -> None:
        from .auto import make_team  # concurrent.futures: not needed by who only predicts

        features, labels = np.asanyarray(features), np.asarray(labels)
        if order is None:
            rows = np.arange(len(features)) if rows is None else np.asarray(rows)
            order = partial(shuffled, rows, seed)
        inputs = (inputs or Inputs()).astype(network.dtype)
        weighted = weights is not None
        self._settings = Settings(optimizer, inputs, augment, smoothing, clip, seed, weighted)
        first = np.asarray(order(0))
        check_data(network, features, labels, self._settings)
        check_order(first, len(features), batch)
        self._weights = check_weights(weights, len(features)) if weighted else None
        self.network, self.batch, self.steps = network, batch, -(-len(first) // batch)
        self._features, self._labels = features, labels
        self._order, self._images, self._epoch = order, len(first), None
        self._count, self._previous, self._whole = 0, 0.0, True
        self._team, self._block, self._limit = make_team(executor, workers), None, OneBlasThread()
        self._limit.__enter__()
        try:
            self._prepare()
        except BaseException:
            self._release()
            raise

    def _prepare(self) -> None:
        """Lay out all arrays, fill them, and tell the team."""
        network, features, team, settings = self.network, self._features, self._team, self._settings
        layers, dtype = network.structure, network.dtype
        counts = self._images, team.workers, network.members
        plan = shapes(layers, settings, dtype, self.batch, features, *counts)
        given = {"labels": self._labels, **settings.constants}
        if settings.weighted:
            given["weights"] = self._weights
        location = memory.locate(features)
        if team.shared and location is None:
            plan["features"] = features.shape, features.dtype
            given["features"] = features
        size, setup = memory.measure(plan), None
        if team.shared:
            self._block = memory.SharedBlock(size)
            token, path = os.urandom(16).hex(), self._block.path
            plain = settings.with_constants({})
            setup = Setup(token, path, plan, location, layers, plain, self.batch)
        block = memory.aligned(size, np.uint8) if self._block is None else self._block.bytes
        self._arrays = arrays = memory.carve(block, plan)
        for name, value in given.items():
            arrays[name][...] = value
        self._pack(network.parameters, arrays["parameters"])
        features = arrays.get("features", features)
        team.prepare(partial(Job, layers, settings, arrays, features, self.batch), setup)

    def run(self, epoch: int, start: int, stop: int, lr: float | Sequence[float]) -> None:
        """Carry out steps [start, stop) of an epoch; totals begin anew with step 0.

        lr: the learning rate of all of these steps, or of each of them. The network's parameters
        follow. Raises Diverged, and what a worker raises; after any error a state must be restored
        before going on.
        """
        self._require_whole()
        if not 0 <= start <= stop <= self.steps:
            expected = f"0 <= start <= stop <= {self.steps}"
            raise ValueError(f"steps: expected {expected}, found {start} and {stop}")
        rates = check_rates(lr, stop - start)
        if start == stop:
            return
        self._load_order(epoch)
        self._whole = False
        sums = self._arrays["sums"]
        if start == 0:
            sums[...] = 0
        previous = self._previous or rates[0]
        self._team.run(Segment(epoch, start, stop, rates, previous, self._count))
        self._check_finite(epoch, stop)
        sums[0, 3] += min(stop * self.batch, self._images) - start * self.batch
        self._previous, self._count = rates[-1], self._count + stop - start
        self._unpack(self._arrays["parameters"], self.network.parameters)
        self._whole = True

    @property
    def totals(self) -> Totals:
        """Sums over the steps of this epoch so far."""
        sums, members = self._arrays["sums"], self.network.members
        loss, correct = (float(sums[:, column].sum()) / members for column in (0, 1))
        return Totals(loss, correct, int(sums[0, 3]))

    def evaluate(self, rows: np.ndarray, network: Network | None = None) -> Scores:
        """Scores of the network, as it is now, or of another one, on some of the examples."""
        options = {"inputs": self._settings.inputs, "workers": self._team.workers}
        return (network or self.network).evaluate(self._features, self._labels, rows, **options)

    def averaged(self) -> Network:
        """The network with the averages of its parameters, which `Averaged` keeps: a copy."""
        found = Network(self.network.structure, self.network.dtype, self.network.members)
        self._unpack(self._arrays["slots"][-1], found.parameters)
        return found

    def state(self) -> dict[str, np.ndarray]:
        """All that must be kept to go on from here later: copies."""
        self._require_whole()
        slots = np.empty_like(self._arrays["slots"])
        for packed, plain in zip(self._arrays["slots"], slots, strict=True):
            self._unpack(packed, plain)
        return {
            "parameters": self.network.parameters.copy(),
            "slots": slots,
            "sums": self._arrays["sums"].copy(),
            "clock": np.array([self._count, self._previous], np.float64),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` gave; ValueError if that was for other layers or slots."""
        expected = {name: self._arrays[name].shape for name in KEPT} | {"clock": (2,)}
        found = {name: np.shape(value) for name, value in state.items()}
        if found != expected:
            raise ValueError(f"state: expected arrays of shapes {expected}, found {found}")
        self.network.parameters[...] = state["parameters"]
        self._pack(self.network.parameters, self._arrays["parameters"])
        for plain, packed in zip(state["slots"], self._arrays["slots"], strict=True):
            self._pack(plain, packed)
        self._arrays["sums"][...] = state["sums"]
        self._count, self._previous = int(state["clock"][0]), float(state["clock"][1])
        self._whole = True

    def close(self) -> None:
        """End the workers and give their memory back; the network keeps its parameters."""
        if self._limit is not None:
            try:
                self._team.close()
            finally:
                self._release()

    def __enter__(self) -> Trainer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pack(self, plain: np.ndarray, packed: np.ndarray) -> None:
        """packed ← plain: parameters, or what has their form, in the order of training."""
        pack(self.network.structure[0], self.batch, *self._by_member(plain, packed))

    def _unpack(self, packed: np.ndarray, plain: np.ndarray) -> None:
        unpack(self.network.structure[0], self.batch, *self._by_member(packed, plain))

    def _by_member(self, *arrays: np.ndarray) -> list[np.ndarray]:
        return [array.reshape(self.network.members, -1) for array in arrays]

    def _release(self) -> None:
        self._limit.__exit__(None, None, None)
        self._limit = None
        if self._block is not None:
            self._block.close()

    def _require_whole(self) -> None:
        if not self._whole:
            raise RuntimeError("the last run was broken off in a step: restore a state first")

    def _load_order(self, epoch: int) -> None:
        if epoch != self._epoch:
            order = np.asarray(self._order(epoch))
            check_order(order, len(self._features), self.batch, self._images)
            self._arrays["order"][...] = order
            self._epoch = epoch

    def _check_finite(self, epoch: int, stop: int) -> None:
        failed = self._arrays["sums"][:, 2]
        if failed.any():
            raise Diverged(int(failed[failed > 0].min()) - 1, epoch)
        parameters = self._arrays["parameters"]
        if not math.isfinite(parameters.min()) or not math.isfinite(parameters.max()):
            raise Diverged(stop - 1, epoch)
