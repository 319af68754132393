"""The options of augmentation: what can be asked for, and what is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..scalars import real, set_numbers, whole

FLIPS = ("none", "random", "alternate")


@dataclass(frozen=True)
class AugmentationFields:
    """The fields of `Augmentation`; by default nothing is done. Raises ValueError.

    shape: (channels, height, width) of a row. flip: "none", "random", or "alternate": a random half
    is flipped in epoch 0, and from then on each image's flip alternates, so that it is seen both
    ways in any two epochs (Jordan 2024). shift: most pixels. rotate: most degrees, either way.
    zoom: up to 1 + zoom times as large, or as small. jitter: contrast times 1 ± jitter at most, and
    on each channel a third of that part of its range, both uniform; levels: that range. cutout:
    side of a square, 0: none; its centre is any pixel, what lies outside the image is cut off, and
    it is filled with each channel's mean over the image. mixup: alpha of the distribution of
    shares, Beta(alpha, alpha), 0: none. until: the epoch from which on images are only flipped and
    shifted; None: never.
    """

    shape: tuple[int, int, int]
    flip: str = "none"
    shift: int = 0
    rotate: float = 0.0
    zoom: float = 0.0
    cutout: int = 0
    mixup: float = 0.0
    seed: int = 0
    jitter: float = 0.0
    levels: tuple[float, float] = (0, 255)
    until: int | None = None

    def __post_init__(self) -> None:
        if len(self.shape) != 3:
            raise ValueError(f"shape: expected (channels, height, width), found {self.shape}")
        shape = tuple(whole("shape", number, least=1) for number in self.shape)
        object.__setattr__(self, "shape", shape)
        if self.flip not in FLIPS:
            raise ValueError(f"flip: expected none, random or alternate, found {self.flip!r}")
        set_numbers(self, whole, "shift", most=min(self.shape[1:]) - 1)
        set_numbers(self, whole, "cutout", "seed")
        for name, most in (("rotate", 180), ("zoom", 1), ("jitter", 1)):
            expected = f"a number from 0 to {most}"
            set_numbers(
                self, real, name, expected=expected, fits=lambda x, most=most: 0 <= x <= most
            )
        expected = "a finite number of at least 0"
        set_numbers(
            self, real, "mixup", expected=expected, fits=lambda alpha: 0 <= alpha < math.inf
        )
        if self.until is not None:
            expected = "a number of at least 0, or None"
            set_numbers(self, real, "until", expected=expected, fits=lambda epoch: epoch >= 0)

    @property
    def any(self) -> bool:
        """Does `fetch` do anything beside copying? (Mixup comes after it.)"""
        return self.moves or self.jitter > 0 or self.cutout > 0

    @property
    def moves(self) -> bool:
        """Does `fetch` move pixels, for which it needs scratch?"""
        return self.flip != "none" or self.shift > 0 or self.warps

    @property
    def warps(self) -> bool:
        """Does `fetch` rotate or zoom images?"""
        return self.rotate > 0 or self.zoom > 0
