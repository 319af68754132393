"""How a batch comes to the first layer: pieces that gather it ahead of its step.

    gather     a piece owns some rows: taken from the features, augmented, converted
    project    a piece owns some columns: whitened, and mixed with those of other images

Where nothing is whitened or mixed, the first phase is all. A local layer has its inputs column by
column even then: a piece turns its rows round while they are still bytes.
"""

from __future__ import annotations

import numpy as np

from ..memory import Form, Shapes
from ..settings import Settings
from .cuts import MOST, TOUCH, WorkItem, longest_shard, parts, power_of_two, shards, tiles
from .fetching import Fetcher
from .halves import HalfPart, Halves, parities
from .kernels import Now, Piece, blend

SHARD = 8  # rows that a piece gathers, or more


def shapes(
    settings: Settings, inputs: int, stored: int, batch: int, dtype: np.dtype, columns: bool
) -> Shapes:
    """The arrays of two batches (by parity), and of one that is under way; column by column?"""
    columns = columns or settings.projects
    plan: dict[str, Form] = {}
    for parity in (0, 1):
        plan[f"inputs {parity}"] = (inputs, batch) if columns else (batch, inputs), dtype
        plan[f"truth {parity}"] = (batch,), np.intp
        if settings.weighted:
            plan[f"weights {parity}"] = (batch,), dtype
        if settings.mixes:
            plan[f"shares {parity}"] = (batch,), dtype
    if parities(settings.inputs) is not None:
        plan["raw"] = (2, batch, stored // 2), dtype
    elif settings.projects:
        plan["raw"] = (batch, stored), dtype
    return plan


class Feed:
    """The pieces that fill the batch of a parity; scratch: a worker's; columns: as in `shapes`."""

    def __init__(
        self,
        settings: Settings,
        arrays: dict[str, np.ndarray],
        features: np.ndarray,
        now: Now,
        scratch: np.ndarray,
        columns: bool,
    ) -> None:
        self._inputs, self._arrays, self._now = settings.inputs, arrays, now
        self._mixup = settings.augment if settings.mixes else None
        self._raw, self._columns = arrays.get("raw"), columns or settings.projects
        self._scratch, self._halves, self._width = scratch, None, features.shape[1]
        batch, dtype = len(arrays["truth 0"]), arrays["inputs 0"].dtype
        most = longest_shard(batch, SHARD)
        halved = parities(self._inputs) if self._raw is not None else None
        if halved is not None:
            self._halves = Halves(self._inputs, halved, most)
        turned = self._columns and self._raw is None
        self._fetcher = Fetcher(settings, features, self._halves, now, most, dtype, staged=turned)

    def gather(self, rows: int, parity: int) -> list[WorkItem]:
        """Tasks that take so many rows, as `now.rows` has them then."""
        x = self.batch(rows, parity) if self._raw is None else self._raw
        return [
            WorkItem(
                self._fetcher.cost * (part.stop - part.start) * self._width,
                self._take(part, x[..., part, :], parity),
            )
            for part in shards(rows, SHARD)
            if rows
        ]

    def project(self, rows: int, parity: int) -> list[WorkItem]:
        """Tasks that make inputs of what was gathered."""
        raw, halves, x = self._raw, self._halves, self.batch(rows, parity)
        if raw is None or not rows:
            return []
        if halves is not None:
            return [
                WorkItem(
                    (2 * raw.shape[2] + TOUCH) * rows * (c.stop - c.start),
                    self._fill_half(raw[number, :rows], halves.part(number, c), x, parity),
                )
                for number, columns in enumerate(halves.columns)
                for c in parts(len(columns), min(MOST, power_of_two(len(columns) // 128)))
                if len(columns)
            ]
        depth = raw.shape[1] if self._inputs.whitening is not None else 0
        return [
            WorkItem((2 * depth + TOUCH) * x[:, c].size, self._fill(raw[:rows], x[:, c], c, parity))
            for _, c in tiles(rows, x.shape[1], tall=True)
        ]

    def partners(self, rows: int, parity: int) -> tuple[np.ndarray, np.ndarray] | None:
        """(positions, shares), each (rows,), of the images that are mixed; None: they are not."""
        if self._mixup is None:
            return None
        return self._mixup.partners(rows), self._arrays[f"shares {parity}"][:rows]

    def weights(self, rows: int, parity: int) -> np.ndarray | None:
        """Weights (rows,) of a gathered batch; None: there are none."""
        return self._arrays[f"weights {parity}"][:rows] if "weights" in self._arrays else None

    def batch(self, rows: int, parity: int) -> np.ndarray:
        """The inputs (rows, inputs); those that are projected lie in memory column by column."""
        inputs = self._arrays[f"inputs {parity}"]
        return inputs.T[:rows] if self._columns else inputs[:rows]

    def _take(self, part: slice, x: np.ndarray, parity: int) -> Piece:
        now, fetch, mixup = self._now, self._fetcher.into(x), self._mixup
        shares = None if mixup is None else self._arrays[f"shares {parity}"][part]
        kept = [
            (self._arrays[whole], self._arrays[f"{name} {parity}"][part])
            for whole, name in (("labels", "truth"), ("weights", "weights"))
            if whole in self._arrays
        ]

        def piece() -> None:
            rows = now.rows[part]
            fetch(rows)
            for whole, own in kept:
                whole.take(rows, out=own, mode="clip")
            if mixup is not None and shares is not None:
                shares[...] = mixup.shares(rows, now.epoch, shares.dtype)

        return piece

    def _fill(self, raw: np.ndarray, x: np.ndarray, c: slice, parity: int) -> Piece:
        """Some columns of the inputs, x (rows, columns), of what was gathered."""
        inputs, mix = self._inputs, self._mix(x, parity, self._scratch)

        def piece() -> None:
            if inputs.whitening is None:
                x[...] = raw[:, c]
            else:
                inputs.whiten(raw, x, c)
            mix()

        return piece

    def _fill_half(self, raw: np.ndarray, half: HalfPart, x: np.ndarray, parity: int) -> Piece:
        """Some of the even columns of the inputs x, or of the odd ones, of halves of images."""
        columns, weights, offsets = half
        size = len(x) * len(columns)
        tile = self._scratch[:size].reshape(-1, len(x)).T
        mix = self._mix(tile, parity, self._scratch[size:])

        def piece() -> None:
            np.matmul(raw, weights, out=tile)
            np.add(tile, offsets, out=tile)
            mix()
            x.T[columns] = tile.T

        return piece

    def _mix(self, x: np.ndarray, parity: int, scratch: np.ndarray) -> Piece:
        """x (rows, columns) ← each row with its partner's share."""
        mixture = self.partners(len(x), parity)
        return (lambda: None) if mixture is None else blend(x, *mixture, scratch)
