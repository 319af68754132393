"""Key: the name of a result."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """Where a result lives: the stage that makes it and the digest of its fingerprint."""

    stage: str
    digest: str

    def __str__(self) -> str:
        return f"{self.stage}/{self.digest[:32]}"
