"""The decoders: all that makes sense of bytes or words from outside.

    make(rng) -> case              something hostile, from a seeded generator and nothing else
    read(case, folder) -> bool     feeds it to the real code; False where it was refused in the end

`folder` is the only place that may be written. An exception in `declared` counts as refused too;
any other is a finding, and so is an AssertionError: `read` checks of what was accepted that it is
what the decoder promises. `share` is the decoder's part of a campaign.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from pipeline.errors import UserError


@dataclass(frozen=True)
class Decoder:
    """One way in. `reads_anywhere`: it opens whatever path it is given, for that is its purpose."""

    make: Callable[[Random], Any]
    read: Callable[[Any, Path], bool]
    share: int
    declared: tuple[type[Exception], ...] = (UserError,)
    reads_anywhere: bool = False


def load() -> dict[str, Decoder]:
    """All decoders by name, in the order of the flow."""
    from tests.fuzz.decoders import (
        answers,
        archives,
        caches,
        exports,
        images,
        models,
        records,
        references,
        settings,
        states,
        stores,
    )

    modules = (answers, archives, records, models, exports, images, stores, states)
    modules += (references, caches, settings)
    return {name: decoder for module in modules for name, decoder in module.DECODERS.items()}
