"""Locality: locally connected layers ahead of the others (--local), and dense ones that begin as
such (--local-init), as a user writes them.

6,2,24            patches of 6 × 6 pixels, a patch every 2 pixels, each with 24 units of its own
6,2,24/4,2,64     and on their outputs windows of 4 × 4 positions, every 2, with 64 units each
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pipeline.errors import ConfigError
from pipeline.parameters import Option

Level = tuple[int, int, int]

Local = Annotated[
    str,
    Option(
        "locally connected layers ahead of the others: pixels of a patch's side, pixels from patch "
        "to patch, units of each; --components then counts those of a patch; empty: none",
        metavar="PATCH,STRIDE,UNITS[/…]",
        section="Network",
        between=":",
    ),
]

LocalInit = Annotated[
    str,
    Option(
        "fully connected layers ahead of the others that begin as such local ones: all weights "
        "outside of patches are 0 at first, and trained like any; empty: none",
        metavar="PATCH,STRIDE,UNITS[/…]",
        section="Network",
        between=":",
    ),
]


def parse_levels(text: str, flag: str = "--local") -> tuple[Level, ...]:
    """(patch, stride, units) of each level; none of empty text. ConfigError where it is unclear."""
    levels = []
    for part in text.split("/") if text.strip() else ():
        words = [word.strip() for word in part.split(",")]
        if len(words) != 3 or not all(word.isdecimal() and len(word) < 8 for word in words):
            raise ConfigError(
                f"{flag} {text}: expected PATCH,STRIDE,UNITS for each layer, and / between "
                f"layers, such as 6,2,24/4,2,64, found {part.strip()!r}"
            )
        patch, stride, units = map(int, words)
        if not (0 < stride <= patch and units):
            raise ConfigError(
                f"{flag} {text}: expected a stride from 1 to {max(patch, 1)}, that no pixel is "
                f"left out, and at least one unit, found stride {stride}, units {units}"
            )
        levels.append((patch, stride, units))
    return tuple(levels)


def check_levels(
    shape: tuple[int, int, int] | None, levels: tuple[Level, ...], flag: str = "--local"
) -> tuple[int, int, int]:
    """The shape of the images. ConfigError unless they have one, and patches fit into them."""
    if shape is None:
        raise ConfigError(
            f"{flag}: expected features that are the pixels of images, found others; leave it out"
        )
    height, width = shape[1:]
    for number, (patch, stride, _) in enumerate(levels, 1):
        if patch > min(height, width):
            raise ConfigError(
                f"{flag}: expected a patch of at most {min(height, width)} in layer "
                f"{number}, which reads {height} × {width}, found {patch}; choose a smaller one"
            )
        height, width = (-(-(n - patch) // stride) + 1 for n in (height, width))
    return shape


def shown_levels(levels: Iterable[Level]) -> str:
    """6,2,24/4,2,64: what `parse_levels` makes these levels of."""
    return "/".join(",".join(map(str, level)) for level in levels)


def first_patch(text: str) -> str:
    """What whitening depends on: patch and stride of the first level, with one unit."""
    return shown_levels((patch, stride, 1) for patch, stride, _ in parse_levels(text)[:1])
