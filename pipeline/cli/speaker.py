"""Speaker: what knows how a command is to answer."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Speaker(Protocol):
    """What knows whether a command is to print JSON: a session, or what takes its place."""

    @property
    def as_json(self) -> bool:
        """Whether --json was given."""


class AsJson(NamedTuple):
    """A speaker of a command without a session."""

    as_json: bool
