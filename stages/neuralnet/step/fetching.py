"""Rows of the features on their way to a batch: taken, augmented, converted, in halves.

A `Fetcher` belongs to one worker: it has that worker's places for images that are under way.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..settings import Settings
from . import fused
from .cuts import PASS, TOUCH
from .halves import Halves
from .kernels import Now

Fetch = Callable[[np.ndarray], None]  # of rows (n,), numbers of examples


class Fetcher:
    """most: rows at once. halves: None, images stay whole. staged: rows have a place of their own
    before x, for they are moved on. dtype: of x. cost: of a number, as in cuts.py.
    """

    def __init__(
        self,
        settings: Settings,
        features: np.ndarray,
        halves: Halves | None,
        now: Now,
        most: int,
        dtype: np.dtype,
        staged: bool,
    ) -> None:
        self._inputs, self._features = settings.inputs, features
        self._halves, self._now = halves, now
        augment = settings.augment
        self._augment = augment if augment is not None and augment.any else None
        shape = most, features.shape[1]
        self._staging, self._moving, self._converted = None, None, None
        if features.dtype != dtype or self._augment is not None or staged:
            self._staging = np.empty(shape, features.dtype)
        if self._augment is not None:
            self._moving = np.empty(shape, features.dtype)
        if halves is not None and not (halves.stored and self._staging is not None):
            self._converted = np.empty(shape, dtype)
        self._loop = fused.fetch(settings, halves, features, dtype)
        passes, touched = 1.0, 3 * self._inputs.contrast + (self._staging is not None)
        if self._augment is not None:
            passes += 1 / 2 + 2 * self._augment.warps
            touched += 4 * (self._augment.jitter > 0)
        self.cost = PASS * passes + TOUCH * (touched + 2 * (halves is not None))

    def into(self, x: np.ndarray) -> Fetch:
        """What makes x (n, d), or its halves (2, n, d/2), of so many rows of the features."""
        now, features, augment, halves = self._now, self._features, self._augment, self._halves
        loop, convert, count = self._loop, self._inputs.convert, x.shape[-2]
        if loop is not None:
            return lambda rows: loop(rows, now.epoch, *x)
        converted = x if self._converted is None else self._converted[:count]
        stored = converted if self._staging is None else self._staging[:count]
        moving = None if self._moving is None else self._moving[:count]

        def fetch(rows: np.ndarray) -> None:
            if augment is None:
                features.take(rows, axis=0, out=stored, mode="clip")
            else:
                augment.fetch(features, rows, now.epoch, stored, moving)
            if halves is None or not halves.stored:
                convert(stored, converted)
            if halves is not None:
                halves.split(stored if halves.stored else converted, *x)

        return fetch
