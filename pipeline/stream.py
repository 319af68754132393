"""Stream: a pure function from (epoch, step) to an item, with a length.

    Stream.of(rows).shuffle(seed).batch(64).map(load).prefetch(2).iterate(position)

Nothing is remembered between items, so any position can be sought at once and a checkpoint is two
numbers. Iteration pulls: what nobody asks for is not made, so memory is bounded by construction.

Random numbers come from `SeedSequence(seed, spawn_key=(purpose, epoch, …))`. Neither `seed + epoch`
nor `SeedSequence([seed, epoch])` would do: with the first, seed 0 in epoch 1 is seed 1 in epoch 0;
the second takes its numbers apart into words of 32 bits, of which trailing zeros do not count, so
that [1, 2], [1, 2, 0] and [1 + 2 * 2**32] are one and the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.iterate import START, Position, StreamIterator, iterate

__all__ = ["Position", "Prefetched", "Stream", "StreamIterator"]

SHUFFLE, MAP = 0, 1  # purposes: one seed serves both, and they stay independent


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
        return _Shuffled(self, _checked_seed(seed))

    def batch(self, size: int, drop_last: bool = False) -> Stream:
        """Stacks of `size` items: arrays of shape (size, …); of tuples and dicts, field by field.

        The last one of an epoch may be shorter, unless it is dropped.
        """
        return _Batched(self, _at_least_one("a batch size", size), drop_last)

    def map(self, function: Callable[[Any], Any]) -> Stream:
        """`function(item)` of each item."""
        return _Mapped(self, function)

    def map_seeded(self, function: Callable[[Any, np.random.Generator], Any], seed: int) -> Stream:
        """`function(item, rng)` of each item; the generator depends on (seed, epoch, step) only."""
        return _Seeded(self, function, _checked_seed(seed))

    def prefetch(self, n: int) -> Prefetched:
        """The last link of a chain: iterating, a thread works ahead and holds at most `n` items."""
        return Prefetched(self, _at_least_one("a number of items to prefetch", n))

    def item(self, epoch: int, step: int) -> Any:
        """The item of that step; `IndexError` where the epoch has no such step."""
        if not 0 <= step < len(self):
            raise IndexError(f"expected a step from 0 to {len(self) - 1}, found {step}")
        return self._item(epoch, step)

    def iterate(self, position: Position = START, epochs: int | None = None) -> StreamIterator:
        """The items from `position` on, until epoch number `epochs` begins (None: without end)."""
        return iterate(self, position, epochs)

    def __len__(self) -> int:
        raise NotImplementedError

    def _item(self, epoch: int, step: int) -> Any:
        raise NotImplementedError

    def _stack(self, epoch: int, steps: slice | np.ndarray) -> Any:
        """The items of these steps as one; those that know a faster way take it."""
        each = range(len(self))[steps] if isinstance(steps, slice) else steps.tolist()
        return _stacked([self._item(epoch, step) for step in each])


@dataclass(frozen=True)
class Prefetched:
    """A stream that is iterated over with a thread that works ahead."""

    stream: Stream
    most: int

    def __len__(self) -> int:
        return len(self.stream)

    def iterate(self, position: Position = START, epochs: int | None = None) -> StreamIterator:
        """As `Stream.iterate`. Close it, or exhaust it, and the thread is gone."""
        return iterate(self.stream, position, epochs, self.most)


class _Source(Stream):
    def __init__(self, sequence: Sequence[Any] | np.ndarray) -> None:
        if isinstance(sequence, np.ndarray):
            sequence = sequence.view()
            sequence.flags.writeable = False
        self._sequence = sequence

    def __len__(self) -> int:
        return len(self._sequence)

    def _item(self, epoch: int, step: int) -> Any:
        return self._sequence[step]

    def _stack(self, epoch: int, steps: slice | np.ndarray) -> Any:
        if isinstance(self._sequence, np.ndarray):
            return np.array(self._sequence[steps])
        return super()._stack(epoch, steps)


class _Shuffled(Stream):
    def __init__(self, upstream: Stream, seed: int) -> None:
        self._upstream, self._seed = upstream, seed
        self._kept: tuple[int, np.ndarray] | None = None

    def __len__(self) -> int:
        return len(self._upstream)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_kept": None}  # made again where it is needed

    def _order(self, epoch: int) -> np.ndarray:
        kept = self._kept  # one read: another thread may be in another epoch
        if kept is None or kept[0] != epoch:
            # Sorted random bits: NumPy promises that these never change, but not `permutation`.
            bits = _bits(self._seed, SHUFFLE, epoch).random_raw(len(self))
            self._kept = kept = (epoch, np.argsort(bits, kind="stable"))
        return kept[1]

    def _item(self, epoch: int, step: int) -> Any:
        return self._upstream._item(epoch, int(self._order(epoch)[step]))

    def _stack(self, epoch: int, steps: slice | np.ndarray) -> Any:
        return self._upstream._stack(epoch, self._order(epoch)[steps])


class _Batched(Stream):
    def __init__(self, upstream: Stream, size: int, drop_last: bool) -> None:
        self._upstream, self._size, self._drop_last = upstream, size, drop_last

    def __len__(self) -> int:
        whole, rest = divmod(len(self._upstream), self._size)
        return whole + (rest > 0 and not self._drop_last)

    def _item(self, epoch: int, step: int) -> Any:
        return self._upstream._stack(epoch, slice(step * self._size, (step + 1) * self._size))


class _Mapped(Stream):
    def __init__(self, upstream: Stream, function: Callable[[Any], Any]) -> None:
        self._upstream, self._function = upstream, function

    def __len__(self) -> int:
        return len(self._upstream)

    def _item(self, epoch: int, step: int) -> Any:
        return self._function(self._upstream._item(epoch, step))


class _Seeded(_Mapped):
    def __init__(self, upstream: Stream, function: Callable[..., Any], seed: int) -> None:
        super().__init__(upstream, function)
        self._seed = seed

    def _item(self, epoch: int, step: int) -> Any:
        rng = np.random.Generator(_bits(self._seed, MAP, epoch, step))
        return self._function(self._upstream._item(epoch, step), rng)


def _bits(seed: int, *key: int) -> np.random.PCG64:
    return np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key))


def _stacked(items: list[Any]) -> Any:
    first = items[0]
    if isinstance(first, tuple):
        return tuple(_stacked(list(field)) for field in zip(*items, strict=True))
    if isinstance(first, dict):
        return {name: _stacked([item[name] for item in items]) for name in first}
    return np.stack(items)


def _checked_seed(seed: int) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"expected an integer of at least 0 as a seed, found {seed!r}")
    return int(seed)


def _at_least_one(what: str, number: int) -> int:
    if number < 1:
        raise ValueError(f"expected {what} of at least 1, found {number}")
    return number
