"""Workspace: all arrays of a training in one block of memory, which worker processes map.

Parameters have two orders: that of the network, and that of training (step/panels.py).
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from .. import memory
from ..checks import check_weights
from ..network import Network
from ..settings import Settings
from ..step.arrays import shapes
from ..step.panels import pack, unpack
from .barrier import control_words
from .job import Job, Setup

KEPT = ("parameters", "slots", "sums")  # arrays of a state


class Workspace:
    """The arrays of a training, by name; to be closed.

    features, labels, weights: of all examples; weights None where settings have none. rows: how
    many of them an epoch has. shared: whether processes are to map it; then `setup` is what they
    need for that.
    """

    def __init__(
        self,
        network: Network,
        settings: Settings,
        features: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray | None,
        batch: int,
        rows: int,
        workers: int,
        shared: bool,
    ) -> None:
        self._layers, self._members = network.structure, network.members
        self._settings, self._batch, self._features = settings, batch, features
        given = {"labels": labels, **settings.constants}
        if settings.weighted:
            given["weights"] = check_weights(weights, len(features))
        plan: dict[str, memory.Form] = {"control": ((control_words(workers),), np.int64)}
        plan |= shapes(self._layers, settings, network.dtype, batch, features, rows, self._members)
        self._open: list[memory.SharedBlock | memory.MappedFile] = []
        self.setup: Setup | None = None
        if shared:
            block = self._share(plan, given, batch)
        else:
            block = memory.aligned(memory.measure(plan), np.uint8)
        self.arrays = memory.carve(block, plan)
        for name, value in given.items():
            self.arrays[name][...] = value
        self.pack(network.parameters, self.arrays["parameters"])

    def _share(
        self, plan: dict[str, memory.Form], given: dict[str, np.ndarray], batch: int
    ) -> np.ndarray:
        """The bytes of a shared block for all arrays of the plan, and for features if need be."""
        features, place = self._features, None
        try:
            mapped = memory.MappedFile(features)
            self._open.append(mapped)
            place = mapped.place
        except (ValueError, OSError):
            plan["features"] = features.shape, features.dtype
            given["features"] = features
        try:
            block = memory.SharedBlock(memory.measure(plan))
        except BaseException:
            self.close()
            raise
        self._open.append(block)
        token, plain = os.urandom(16).hex(), self._settings.with_constants({})
        self.setup = Setup(token, block.path, plan, place, self._layers, plain, batch)
        return block.bytes

    def job(self) -> Job:
        """What a worker in this process needs."""
        features = self.arrays.get("features", self._features)
        return Job(self._layers, self._settings, self.arrays, features, self._batch)

    def pack(self, plain: np.ndarray, packed: np.ndarray) -> None:
        """packed ← plain: parameters, or what has their form, in the order of training."""
        pack(self._layers[0], self._batch, *self._by_member(plain, packed))

    def unpack(self, packed: np.ndarray, plain: np.ndarray) -> None:
        """plain ← packed: in the order of the network."""
        unpack(self._layers[0], self._batch, *self._by_member(packed, plain))

    def state(self) -> dict[str, np.ndarray]:
        """The arrays that a training resumes from, in the order of the network: copies."""
        found = {name: self.arrays[name].copy() for name in KEPT}
        for name in ("parameters", "slots"):
            for packed, plain in zip(*self._rows(self.arrays[name], found[name]), strict=True):
                self.unpack(packed, plain)
        return found

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over what `state` gave; ValueError if that was for other layers or slots."""
        expected = {name: self.arrays[name].shape for name in KEPT} | {"clock": (2,)}
        found = {name: np.shape(value) for name, value in state.items()}
        if found != expected:
            raise ValueError(f"state: expected arrays of shapes {expected}, found {found}")
        for name in ("parameters", "slots"):
            for plain, packed in zip(*self._rows(state[name], self.arrays[name]), strict=True):
                self.pack(plain, packed)
        self.arrays["sums"][...] = state["sums"]

    def close(self) -> None:
        """No process can map the arrays from now on."""
        while self._open:
            self._open.pop().close()

    @staticmethod
    def _rows(*arrays: np.ndarray) -> list[np.ndarray]:
        return [array.reshape(-1, array.shape[-1]) for array in arrays]

    def _by_member(self, *arrays: np.ndarray) -> list[np.ndarray]:
        return [array.reshape(self._members, -1) for array in arrays]
