"""Speaker: what knows how a command is to answer."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from pipeline.errors import ConfigError


class Speaker(Protocol):
    """What knows whether a command is to print JSON: a session, or what takes its place."""

    @property
    def as_json(self) -> bool:
        """Whether --json was given."""


class AsJson(NamedTuple):
    """A speaker of a command without a session."""

    as_json: bool


def expect_one_answer(speaker: Speaker, as_csv: bool) -> None:
    """ConfigError where a command is to print a table as well as a document."""
    if as_csv and speaker.as_json:
        raise ConfigError("expected --json or --csv, found both; give one of them")
