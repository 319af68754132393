"""Stream: a pure function from (epoch, step) to an item, with a length.

    Stream.of(images).batch(256).map(to_features)           blocks of features, in order
    Stream.of(train_rows).shuffle(seed).batch(64)           batches of row numbers, for any epoch

Nothing is remembered between items, so any position can be sought at once and a checkpoint is two
numbers. Iteration pulls: what nobody asks for is not made, so memory is bounded by construction.

Random numbers come from `SeedSequence(seed, spawn_key=(purpose, epoch))`. Neither `seed + epoch`
nor `SeedSequence([seed, epoch])` would do: with the first, seed 0 in epoch 1 is seed 1 in epoch 0;
the second drops trailing zeros, so that [1, 2], [1, 2, 0] and [1 + 2 * 2**32] are the same.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from pipeline.prefetch import prefetched

SHUFFLE = 0  # a purpose: one seed serves several, and they stay independent


class Stream:
    """A function from (epoch, step) to an item. `len` is the number of items of an epoch."""

    @staticmethod
    def of(sequence: Sequence[Any] | np.ndarray) -> Stream:
        """The items of a sequence, or the rows of an array (read-only views), in their order."""
        return _Source(sequence)

    @staticmethod
    def range(n: int) -> Stream:
        """The int64 numbers 0 to n - 1."""
        return _Source(np.arange(n, dtype=np.int64))

    def shuffle(self, seed: int) -> Stream:
        """The same items in an order of each epoch's own, drawn from `seed` (at least 0)."""
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise ValueError(f"expected an integer of at least 0 as a seed, found {seed!r}")
        return _Shuffled(self, int(seed))

    def batch(self, size: int, drop_last: bool = False) -> Stream:
        """Stacks of `size` items: arrays of shape (size, …); of tuples and dicts, field by field.

        The last one of an epoch may be shorter, unless it is dropped. Consecutive rows of an array
        are a view of it; a memory map's pages are let go before the next ones are read.
        """
        if size < 1:
            raise ValueError(f"expected a batch size of at least 1, found {size}")
        return _Batched(self, size, drop_last)

    def map(self, function: Callable[[Any], Any]) -> Stream:
        """`function(item)` of each item."""
        return _Mapped(self, function)

    def item(self, epoch: int, step: int) -> Any:
        """The item of that step; `IndexError` where the epoch has no such step."""
        if not 0 <= step < len(self):
            raise IndexError(f"expected a step from 0 to {len(self) - 1}, found {step}")
        return self._item(epoch, step)

    def epoch(self, epoch: int, start: int = 0, ahead: int = 0) -> Iterator[Any]:
        """The items of an epoch from step `start` on.

        A thread works up to `ahead` items ahead (0: none) until the iterator is closed or ends.
        An error is raised once, as it came.
        """
        items = self._epoch(epoch, start)
        return prefetched(items, ahead) if ahead else items

    def __iter__(self) -> Iterator[Any]:
        return self.epoch(0)

    def __len__(self) -> int:
        raise NotImplementedError

    def _epoch(self, epoch: int, start: int) -> Iterator[Any]:
        for step in range(start, len(self)):
            yield self._item(epoch, step)
            self._release()

    def _item(self, epoch: int, step: int) -> Any:
        raise NotImplementedError

    def _stack(self, epoch: int, steps: slice | np.ndarray) -> Any:
        """The items of these steps as one; those that know a faster way take it."""
        each = range(len(self))[steps] if isinstance(steps, slice) else steps.tolist()
        return _stacked([self._item(epoch, step) for step in each])

    def _release(self) -> None:
        """Let go of the memory of items that have been consumed."""


class _Source(Stream):
    def __init__(self, sequence: Sequence[Any] | np.ndarray) -> None:
        self._given = sequence
        if isinstance(sequence, np.ndarray):
            sequence = sequence.view(np.ndarray)
            sequence.flags.writeable = False
        self._sequence = sequence

    def __len__(self) -> int:
        return len(self._sequence)

    def _item(self, epoch: int, step: int) -> Any:
        return self._sequence[step]

    def _stack(self, epoch: int, steps: slice | np.ndarray) -> Any:
        if isinstance(self._sequence, np.ndarray):
            return self._sequence[steps]
        return super()._stack(epoch, steps)

    def _release(self) -> None:
        if isinstance(self._given, np.ndarray):
            release(self._given)


class _Link(Stream):
    """A stream made from another one."""

    def __init__(self, upstream: Stream) -> None:
        self._upstream = upstream

    def __len__(self) -> int:
        return len(self._upstream)

    def _release(self) -> None:
        self._upstream._release()


class _Shuffled(_Link):
    def __init__(self, upstream: Stream, seed: int) -> None:
        super().__init__(upstream)
        self._seed = seed
        self._kept: tuple[int, np.ndarray] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_kept": None}  # made again where it is needed

    def _order(self, epoch: int) -> np.ndarray:
        kept = self._kept  # one read: another thread may be in another epoch
        if kept is None or kept[0] != epoch:
            seeds = np.random.SeedSequence(self._seed, spawn_key=(SHUFFLE, epoch))
            # Sorted random bits: NumPy promises that these never change, but not `permutation`.
            bits = np.random.PCG64(seeds).random_raw(len(self))
            self._kept = kept = (epoch, np.argsort(bits, kind="stable"))
        return kept[1]

    def _item(self, epoch: int, step: int) -> Any:
        return self._upstream._item(epoch, int(self._order(epoch)[step]))

    def _stack(self, epoch: int, steps: slice | np.ndarray) -> Any:
        return self._upstream._stack(epoch, self._order(epoch)[steps])


class _Batched(_Link):
    def __init__(self, upstream: Stream, size: int, drop_last: bool) -> None:
        super().__init__(upstream)
        self._size, self._drop_last = size, drop_last

    def __len__(self) -> int:
        whole, rest = divmod(len(self._upstream), self._size)
        return whole + (rest > 0 and not self._drop_last)

    def _item(self, epoch: int, step: int) -> Any:
        return self._upstream._stack(epoch, slice(step * self._size, (step + 1) * self._size))


class _Mapped(_Link):
    def __init__(self, upstream: Stream, function: Callable[[Any], Any]) -> None:
        super().__init__(upstream)
        self._function = function

    def _item(self, epoch: int, step: int) -> Any:
        return self._function(self._upstream._item(epoch, step))


def release(array: np.ndarray) -> None:
    """Let go of the resident pages of a memory map; of any other array, nothing.

    Pages of a memory-mapped file count as resident memory once they are touched; the kernel keeps
    them in its cache, so reading them again is cheap. A copy-on-write map (mode c) keeps its pages:
    what was written to them is nowhere else.
    """
    mapped = getattr(array, "_mmap", None) if getattr(array, "mode", "c") != "c" else None
    if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def _stacked(items: list[Any]) -> Any:
    first = items[0]
    if isinstance(first, tuple):
        return tuple(_stacked(list(field)) for field in zip(*items, strict=True))
    if isinstance(first, dict):
        return {name: _stacked([item[name] for item in items]) for name in first}
    return np.stack(items)
