"""How a batch comes to the first layer: pieces that gather it ahead of its step.

    gather     a piece owns some rows: taken from the features, augmented, converted
    project    a piece owns some columns: whitened, and mixed with those of other images

Where nothing is whitened or mixed, the first phase is all. A local layer has its inputs column by
column even then: a piece turns its rows round while they are still bytes.
"""

from __future__ import annotations

import numpy as np

from ..memory import Shapes
from ..settings import Settings
from .cuts import MOST, PASS, TOUCH, WorkItem, parts, power_of_two, shards, tiles
from .halves import Halves, parities
from .kernels import Now, Piece


def shapes(
    settings: Settings, inputs: int, stored: int, batch: int, dtype: np.dtype, columns: bool
) -> Shapes:
    """The arrays of two batches (by parity), and of one that is under way; column by column?"""
    columns, plan = columns or settings.projects, {}
    for parity in (0, 1):
        plan[f"inputs {parity}"] = (
            ((inputs, batch) if columns else (batch, inputs)),
            dtype,
        )
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
        self._inputs, self._arrays, self._features = settings.inputs, arrays, features
        self._mixes, self._now, self._scratch = settings.mixes, now, scratch
        self._augment = settings.augment
        self._raw, self._columns = arrays.get("raw"), columns or settings.projects
        batch, dtype = len(arrays["truth 0"]), arrays["inputs 0"].dtype
        most = min(batch, max(15, -(-batch // MOST)))  # rows of a shard of any batch up to this one
        self._staging, self._moving = None, None
        changes = settings.augment is not None and settings.augment.any
        if features.dtype != dtype or changes or (self._columns and self._raw is None):
            self._staging = np.empty((most, features.shape[1]), features.dtype)
        if changes:
            self._moving = np.empty_like(self._staging)
        self._halves, self._converted = None, None
        if self._raw is not None and self._raw.ndim == 3:
            self._halves = Halves(self._inputs, parities(self._inputs), most)
            if not self._halves.stored or self._staging is None:
                self._converted = np.empty((most, features.shape[1]), dtype)
        self._cost = PASS * (1 + changes / 2 + 2 * (changes and settings.augment.warps))
        touched = 3 * self._inputs.contrast + (self._staging is not None)
        touched += 4 * (changes and settings.augment.jitter > 0) + 2 * (self._halves is not None)
        self._cost += TOUCH * touched

    def gather(self, rows: int, parity: int) -> list[WorkItem]:
        """Tasks that take so many rows, as `now.rows` has them then."""
        x = self.batch(rows, parity) if self._raw is None else self._raw
        width = self._features.shape[1]
        return [
            WorkItem(
                self._cost * (part.stop - part.start) * width,
                self._take(part, x[..., part, :], parity),
            )
            for part in shards(rows, least=8)
            if rows
        ]

    def project(self, rows: int, parity: int) -> list[WorkItem]:
        """Tasks that make inputs of what was gathered."""
        if self._raw is None or not rows:
            return []
        x = self.batch(rows, parity)
        if self._halves is not None:
            return [
                WorkItem(
                    (2 * self._raw.shape[2] + TOUCH) * rows * (c.stop - c.start),
                    self._fill_half(x, number, c, parity),
                )
                for number, columns in enumerate(self._halves.columns)
                for c in parts(len(columns), min(MOST, power_of_two(len(columns) // 128)))
                if len(columns)
            ]
        depth = self._raw.shape[1] if self._inputs.whitening is not None else 0
        return [
            WorkItem((2 * depth + TOUCH) * x[:, c].size, self._fill(x[:, c], c, parity))
            for _, c in tiles(*x.shape, tall=True)
        ]

    def partners(self, rows: int, parity: int) -> tuple[np.ndarray, np.ndarray] | None:
        """(positions, shares), each (rows,), of the images that are mixed; None: they are not."""
        if not self._mixes:
            return None
        return self._augment.partners(rows), self._arrays[f"shares {parity}"][:rows]

    def weights(self, rows: int, parity: int) -> np.ndarray | None:
        """Weights (rows,) of a gathered batch; None: there are none."""
        return self._arrays[f"weights {parity}"][:rows] if "weights" in self._arrays else None

    def batch(self, rows: int, parity: int) -> np.ndarray:
        """The inputs (rows, inputs); those that are projected lie in memory column by column."""
        inputs = self._arrays[f"inputs {parity}"]
        return inputs.T[:rows] if self._columns else inputs[:rows]

    def _take(self, part: slice, x: np.ndarray, parity: int) -> Piece:
        now, features, labels = self._now, self._features, self._arrays["labels"]
        y, convert = self._arrays[f"truth {parity}"][part], self._inputs.convert
        augment, halves, count = self._augment, self._halves, part.stop - part.start
        converted = x if self._converted is None else self._converted[:count]
        stored = converted if self._staging is None else self._staging[:count]
        moving = None if self._moving is None else self._moving[:count]
        shares = self._arrays[f"shares {parity}"][part] if self._mixes else None
        weights = self._arrays.get("weights")
        own = None if weights is None else self._arrays[f"weights {parity}"][part]

        def piece() -> None:
            rows = now.rows[part]
            if moving is None:
                features.take(rows, axis=0, out=stored, mode="clip")
            else:
                augment.fetch(features, rows, now.epoch, stored, moving)
            if halves is None or not halves.stored:
                convert(stored, converted)
            if halves is not None:
                halves.split(stored if halves.stored else converted, *x)
            labels.take(rows, out=y, mode="clip")
            if weights is not None:
                weights.take(rows, out=own, mode="clip")
            if shares is not None:
                shares[...] = augment.shares(rows, now.epoch, shares.dtype)

        return piece

    def _fill(self, x: np.ndarray, c: slice, parity: int) -> Piece:
        """Some columns of the inputs, x (rows, columns)."""
        raw, inputs = self._raw[: len(x)], self._inputs
        mix = self._mix(x, parity, self._scratch)

        def piece() -> None:
            if inputs.whitening is None:
                x[...] = raw[:, c]
            else:
                inputs.whiten(raw, x, c)
            mix()

        return piece

    def _fill_half(self, x: np.ndarray, number: int, c: slice, parity: int) -> Piece:
        """Some of the even columns (number 0) of the inputs x, or of the odd ones."""
        raw, halves = self._raw[number][: len(x)], self._halves
        columns, weights = halves.columns[number][c], halves.weights[number][:, c]
        offsets = halves.offsets[number][c]
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
        if mixture is None:
            return lambda: None
        positions, shares = mixture
        other = scratch[: x.size].reshape(x.shape[::-1]).T

        def piece() -> None:
            np.take(x.T, positions, axis=1, out=other.T, mode="clip")
            np.subtract(other, x, out=other)
            np.multiply(other, (1 - shares)[:, None], out=other)
            np.add(x, other, out=x)

        return piece
