"""Reach: what goes wrong with a remote, whatever kind it is of, is one error of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import UserError


class RemoteError(UserError):
    """The remote cannot be reached, or refuses."""


@contextmanager
def reaching(address: str, writing: bool = False) -> Iterator[None]:
    """What goes wrong with a remote inside of the block is a `RemoteError`, but for a missing file
    where one is read.

    Each file system of fsspec has errors of its own, so all of them count.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, FileNotFoundError) and not writing:
            raise
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise RemoteError(
            f"remote {address}: expected it in reach, found: {words}; see to the connection and "
            "the rights, and run the same command again: whole objects are not sent twice"
        ) from error
