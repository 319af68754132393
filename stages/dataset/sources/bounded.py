"""Bounded: connections of `http.client` whose every read keeps to the limits of the download."""

from __future__ import annotations

import io
import socket
from http.client import HTTPResponse
from typing import Any

from stages.dataset.sources.limits import Limits

BUFFER = 1 << 16


class _Socket(io.RawIOBase):
    """What a response reads from, within limits."""

    def __init__(self, raw: io.RawIOBase, sock: Any, limits: Limits) -> None:
        self._raw, self._sock, self._limits = raw, sock, limits

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._limits.wait())
        try:
            count = self._raw.readinto(buffer)
        except TimeoutError:
            self._limits.wait()
            raise
        self._limits.read(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class BoundedResponse(HTTPResponse):
    """A response within `limits`, of a proxy too."""

    limits: Limits

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Socket(self.fp.detach(), sock, self.limits), BUFFER)


def bounded(connection: Any, limits: Limits) -> Any:
    """Let a connection of `http.client` keep to `limits`."""

    def connect(address: tuple[str, int], timeout: Any, source: Any = None) -> socket.socket:
        return _connected(address, limits)

    connection._create_connection = connect
    connection.timeout = limits.wait()
    connection.response_class = type("Response", (BoundedResponse,), {"limits": limits})
    return connection


def _connected(address: tuple[str, int], limits: Limits) -> socket.socket:
    """`socket.create_connection`, which waits anew for each address that a name has."""
    failed: OSError = OSError("the name has no address")
    for family, kind, protocol, _, place in socket.getaddrinfo(*address, 0, socket.SOCK_STREAM):
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(limits.wait())
            made.connect(place)
            return made
        except BaseException as error:
            made.close()
            if not isinstance(error, OSError):
                raise
            failed = error
    raise failed
