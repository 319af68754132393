"""Scheduler: whether a Dask scheduler answers at an address, found out within a bounded time.

Dask's own client tries again and again, and waits for ever for a greeting that does not come.
"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

from pipeline.errors import ConfigError, ExecutorError
from pipeline.store.reach import PATIENCE, within

PAUSE = 0.2  # seconds before a host that refuses is asked again


def expect_scheduler(address: str, given: dict[str, Any], patience: float = PATIENCE) -> None:
    """Return when a scheduler has answered; `given` are Dask's options for a connection.

    Raises `ConfigError` for an address without a port, `ExecutorError` where none answers.
    """
    scheme, _, place = address.partition("://")
    if scheme.lower() in ("tcp", "tls") and not _port_of(place):
        raise ConfigError(
            f"--cluster: expected an address with a port, {scheme}://HOST:PORT, found {address}; "
            "8786 is Dask's usual one"
        )
    try:  # in a thread of its own: this one may have a loop already, as in a notebook
        words = within(patience + 1, _found, address, given, time.monotonic() + patience)
    except TimeoutError:
        words = _silence(patience)
    if words:
        raise ExecutorError(
            f"--cluster {address}: expected a Dask scheduler, found {words}; see to the address, "
            "and whether it runs there, and run the same command again"
        )


def _found(address: str, given: dict[str, Any], deadline: float) -> str:
    """What is at an address, in words; "": a scheduler."""
    scheme, _, place = address.partition("://")
    patience = deadline - time.monotonic()
    encrypted = scheme.lower() == "tls"
    try:
        if scheme.lower() in ("tcp", "tls"):
            _expect_somebody(place, deadline)
        kind = asyncio.run(_kind(address, given, deadline - time.monotonic()))
    except socket.gaierror as error:
        return f"no host of this name ({error.strerror})"
    except TimeoutError:
        return _silence(patience)
    except ConnectionRefusedError:
        return f"nobody who takes connections there, for {patience:.0f} s"
    except Exception as error:  # whatever somebody else may answer
        if type(error).__module__.partition(".")[0] == "builtins" and isinstance(error, OSError):
            return f"no way there ({error.strerror or error})"
        other = "one without TLS, or of another authority" if encrypted else "one that wants tls://"
        return f"somebody who does not answer as one does, or {other}"
    return "" if kind == "Scheduler" else f"a {kind.lower() or 'program of another kind'}"


def _expect_somebody(place: str, deadline: float) -> None:
    """Connect, and close. Raises what the system says where nobody answers until the deadline."""
    host, port = place.rpartition(":")[0].strip("[]"), _port_of(place)
    while True:
        try:
            left = max(deadline - time.monotonic(), 0.01)
            socket.create_connection((host, port), left).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() + PAUSE > deadline:
                raise
            time.sleep(PAUSE)


async def _kind(address: str, given: dict[str, Any], patience: float) -> str:
    """What kind of a server of Dask's answers."""
    from distributed.comm.core import connect
    from distributed.core import send_recv

    async with asyncio.timeout(max(patience, 0.01)):
        comm = await connect(address, timeout=patience, **given)
        try:
            answer = await send_recv(comm, op="identity", reply=True)
        finally:
            comm.abort()
    return str(answer.get("type", "")) if isinstance(answer, dict) else ""


def _port_of(place: str) -> int:
    """0: there is none that can be one."""
    port = place.rstrip("/").rpartition(":")[2]
    return int(port) if port.isdigit() and int(port) < 1 << 16 else 0


def _silence(patience: float) -> str:
    return f"none that answers within {patience:.0f} s"
