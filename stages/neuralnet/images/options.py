"""The options of augmentation: what can be asked for, and what is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass

FLIPS = ("none", "random", "alternate")


@dataclass(frozen=True)
class AugmentationOptions:
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
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ValueError(f"shape: expected (channels, height, width), found {self.shape}")
        if self.flip not in FLIPS:
            raise ValueError(f"flip: expected none, random or alternate, found {self.flip!r}")
        if not 0 <= self.shift < min(self.shape[1:]):
            most = min(self.shape[1:]) - 1
            raise ValueError(f"shift: expected 0 to {most} pixels, found {self.shift}")
        if not 0 <= self.rotate <= 180:
            raise ValueError(f"rotate: expected 0 to 180 degrees, found {self.rotate}")
        if not 0 <= self.zoom <= 1:
            raise ValueError(f"zoom: expected 0 to 1, found {self.zoom}")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter: expected 0 to 1, found {self.jitter}")
        if self.cutout < 0:
            raise ValueError(f"cutout: expected 0 or more pixels, found {self.cutout}")
        if not 0 <= self.mixup < math.inf:
            raise ValueError(f"mixup: expected a finite number, 0 or more, found {self.mixup}")
        if self.seed < 0:
            raise ValueError(f"seed: expected 0 or more, found {self.seed}")

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
