"""Augmentation: what is done to training images anew in each epoch, ahead of the network.

    fetch      flip      left and right exchanged, for half of the images
               shift     by up to so many pixels, in both directions; borders by reflection
               warp      rotated and zoomed about the middle (warp.py)
               jitter    more or less contrast, and each channel brighter or darker
               cutout    a square hole (DeVries & Taylor 2017)
    afterwards mixup     an image and its label blended with a partner's (Zhang et al. 2018):
                         share * own + (1 - share) * partner's

The last epochs may do with flips and shifts, which change least what an image looks like: the
network gets used to images as they are when it is asked about them (He et al. 2019).

What is done to an image is a function of (seed, epoch, its row) alone; so neither the order, the
cut of the batches, the number of workers nor a resumed run changes it. Only a mixup partner is
found by its place in the batch.
"""

from __future__ import annotations

import numpy as np

from ..seeds import AUGMENTATION
from .hashing import dominant_shares, keys, pairs, words
from .options import AugmentationFields
from .pixels import cut, mirror, recolor, shift
from .warp import counts, tables, warp

FLIP, SHIFT, CUTOUT, MIXUP, WARP, JITTER = range(6)  # keys


class Augmentation(AugmentationFields):
    """What is done to the images of an epoch: `AugmentationFields` documents the fields.

    Raises ValueError on numbers that make no sense.
    """

    def fetch(
        self,
        features: np.ndarray,
        rows: np.ndarray,
        epoch: int,
        out: np.ndarray,
        scratch: np.ndarray | None = None,
    ) -> None:
        """out (n, d) ← rows (n,) of features (examples, d), as they are to be in this epoch.

        features and out: C-contiguous, of one dtype, an integer or floating-point one. scratch:
        scratch, any contiguous array with at least as many bytes as out; without it, memory is
        allocated.
        """
        if self.moves and scratch is None:
            scratch = np.empty_like(out)
        spare = out if scratch is None or not self.moves else _as(scratch, out)
        if self.shift:
            dy, dx = self.shifts(rows, epoch)
            order = dx.argsort(kind="stable")
            self._flipped(features, rows[order], epoch, out, spare)
            shift(out, spare, order, dy, dx, self.shape, self.shift)
        else:
            self._flipped(features, rows, epoch, out, spare)
        if not self._whole(epoch):
            return
        if self.warps:
            channels, *size = self.shape
            table = tables(*size, self.rotate, self.zoom)
            warp(out, spare, self.warpings(rows, epoch), table, channels)
        if self.jitter:
            recolor(out.reshape(-1, *self.shape), *self.jitters(rows, epoch), *self.levels)
        if self.cutout:
            cut(out.reshape(-1, *self.shape), *self.centres(rows, epoch), self.cutout)

    def flips(self, rows: np.ndarray, epoch: int) -> np.ndarray:
        """1 where a row's image is flipped in this epoch, else 0: int64 (n,)."""
        if self.flip == "none":
            return np.zeros(len(rows), np.int64)
        alternate = self.flip == "alternate"
        bits = self._words(FLIP, rows, 0 if alternate else epoch).view(np.int64) & 1
        return bits ^ (epoch & 1) if alternate else bits

    def shifts(self, rows: np.ndarray, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """(dy, dx) int64 (n,): a row's pixel (y, x) is that of (y + dy, x + dx) before."""
        if not self.shift:
            return np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
        dy, dx = pairs(self._words(SHIFT, rows, epoch), *[2 * self.shift + 1] * 2)
        return dy - self.shift, dx - self.shift

    def warpings(self, rows: np.ndarray, epoch: int) -> np.ndarray:
        """Which of the tables of warp.py a row's image goes by: int64 (n,)."""
        angles, factors = counts(self.rotate, self.zoom)
        angle, factor = pairs(self._words(WARP, rows, epoch), angles, factors)
        return np.asarray(angle * factors + factor)

    def jitters(self, rows: np.ndarray, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """(gains (n,), offsets (n, channels)): what a row's contrast is multiplied by, and what is
        added to each of its channels; float64.
        """
        count = 1 + self.shape[0]
        numbers = np.multiply(rows, count, dtype=np.int64)[:, None] + np.arange(count)
        even = (self._words(JITTER, numbers, epoch) >> np.uint64(40)) * 2.0**-23 - 1
        low, high = self.levels
        return 1 + self.jitter * even[:, 0], self.jitter / 3 * (high - low) * even[:, 1:]

    def centres(self, rows: np.ndarray, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """(y, x) int64 (n,): the pixel in the middle of a row's hole."""
        return pairs(self._words(CUTOUT, rows, epoch), *self.shape[1:])

    def shares(
        self, rows: np.ndarray, epoch: int, dtype: np.dtype | str = "float32"
    ) -> np.ndarray | None:
        """How much of each row's own image and label is kept, (n,) in [1/2, 1]; None: all of it.

        max(x, 1 - x) of x ~ Beta(alpha, alpha), so that an image's own label is the larger part.
        """
        if not self.mixup:
            return None
        if not self._whole(epoch):
            return np.ones(len(rows), dtype)
        return dominant_shares(self._words(MIXUP, rows, epoch), self.mixup).astype(dtype)

    @staticmethod
    def partners(count: int) -> np.ndarray:
        """What each of `count` places in a batch is mixed with, int64: those half a batch away."""
        return np.roll(np.arange(count), -(count // 2))

    def _whole(self, epoch: int) -> bool:
        """Whether more is done in this epoch than flips and shifts."""
        return self.until is None or epoch < self.until

    def _flipped(
        self,
        features: np.ndarray,
        rows: np.ndarray,
        epoch: int,
        out: np.ndarray,
        scratch: np.ndarray,
    ) -> None:
        """out (n, d) ← rows of features, those flipped that are to be."""
        features.take(rows, axis=0, out=out, mode="clip")
        if self.flip != "none":
            places = np.flatnonzero(self.flips(rows, epoch))
            source = scratch[: len(places)]
            out.take(places, axis=0, out=source, mode="clip")
            source, target = mirror(source, out, self.shape[2])
            target[places] = source

    def _words(self, purpose: int, rows: np.ndarray, epoch: int) -> np.ndarray:
        return words(keys(self.seed, AUGMENTATION, epoch, 6)[purpose], rows)


def _as(scratch: np.ndarray, out: np.ndarray) -> np.ndarray:
    return scratch.reshape(-1).view(np.uint8)[: out.nbytes].view(out.dtype).reshape(out.shape)
