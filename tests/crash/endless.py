"""Endless: a server whose answers never end, each in another part of HTTP.

    with serving("trailers, fast") as url: ...

An answer is a generator of pieces, sent one after the other; `slow` waits before each. The server
is a plain socket: nothing that a library would refuse to send is left out.
"""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-gzip\r\n"
ARCHIVE = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + bytes(range(256)) * 256  # begins like one
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
FLOOD = 200  # pieces at a time, where they come fast
PART = b'HTTP/1.1 206 Partial Content\r\nETag: "1"\r\nContent-Range: bytes %d-%d/%d\r\n\r\n'
WHOLE = 500_000_000
Pieces = Iterator[bytes]


def _forever(piece: bytes, begin: bytes = b"") -> Callable[[int, str], Pieces]:
    def answer(number: int, url: str) -> Pieces:
        if begin:
            yield begin
        while True:
            yield piece

    return answer


def _one_byte_per_answer(number: int, url: str) -> Pieces:
    if number == 0:
        yield OK + b'ETag: "1"\r\nContent-Length: %d\r\n\r\n' % WHOLE + ARCHIVE
    else:
        first = len(ARCHIVE) + number - 1
        yield PART % (first, WHOLE - 1, WHOLE) + b"x"


def _redirects(number: int, url: str) -> Pieces:
    yield b"HTTP/1.1 302 Found\r\nLocation: %s/%d\r\n\r\n" % (url.encode(), number)


def _refusals(number: int, url: str) -> Pieces:
    yield b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 20\r\n\r\n"


def _later(number: int, url: str) -> Pieces:
    yield b"HTTP/1.1 429 Later\r\nContent-Length: 0\r\nRetry-After: 99999999\r\n\r\n"


def _nothing(number: int, url: str) -> Pieces:
    time.sleep(100)
    yield b""


def _silence(number: int, url: str) -> Pieces:
    yield OK + b"Content-Length: %d\r\n\r\n" % WHOLE + ARCHIVE
    time.sleep(100)


def _closed(number: int, url: str) -> Pieces:
    return iter(())


CHUNK = b"%x\r\n%s\r\n" % (len(ARCHIVE), ARCHIVE)
ANSWERS: dict[str, Callable[[int, str], Pieces]] = {
    "100 Continue": _forever(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers of a 100 Continue": _forever(b"X: y\r\n", b"HTTP/1.1 100 Continue\r\n"),
    "status line": _forever(b"K", b"HTTP/1.1 200 O"),
    "empty lines": _forever(b"\r\n"),
    "header line": _forever(b"x", OK + b"X: "),
    "headers": _forever(b"X: y\r\n", OK),
    "header continued": _forever(b" y\r\n", OK + b"X: \r\n"),
    "chunk size": _forever(b"0", CHUNKED),
    "chunk extension": _forever(b"x", CHUNKED + b"1;"),
    "chunks with extensions": _forever(b"1;" + b"x" * 60_000 + b"\r\nA\r\n", CHUNKED + CHUNK),
    "chunks of a byte": _forever(b"1\r\nA\r\n", CHUNKED + CHUNK),
    "trailers": _forever(b"X: y\r\n", CHUNKED + CHUNK + b"0\r\n"),
    "trailer line": _forever(b"x", CHUNKED + CHUNK + b"0\r\nX: "),
    "body without a size": _forever(ARCHIVE, OK + b"\r\n"),
    "body in chunks": _forever(CHUNK, CHUNKED),
    "body of 500 MB": _forever(b"x", OK + b"Content-Length: 500000000\r\n\r\n" + ARCHIVE),
    "one new byte per answer": _one_byte_per_answer,
    "redirects": _redirects,
    "body of a redirect": _forever(b"x" * 999, b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"),
    "body of a refusal": _forever(b"x" * 999, b"HTTP/1.1 404 No\r\n\r\n"),
    "refusals": _refusals,
    "a wait of years": _later,
    "nothing": _nothing,
    "silence in the body": _silence,
    "closed at once": _closed,
    "no HTTP": _forever(b"\x00\xff"),
}
ONCE = {"one new byte per answer", "redirects", "refusals", "a wait of years", "nothing"}
ONCE |= {"silence in the body", "closed at once"}
# As content comes at a rate that a slow line has too, only a size bounds it.
CONTENT = {"body without a size", "body in chunks"}
CASES = [f"{name}, fast" for name in ANSWERS if name != "body of 500 MB"]
CASES += [f"{name}, slow" for name in ANSWERS if name not in ONCE | CONTENT]


@contextmanager
def serving(
    case: str, pause: float = 0.5, asked: Callable[[], None] = lambda: None
) -> Iterator[str]:
    """The URL of a server that gives the answer of a case to whoever asks; `asked()` is called."""
    name, _, pace = case.rpartition(", ")
    numbers, gone = itertools.count(), threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(120)
            connection.recv(65536)
            for number, piece in enumerate(ANSWERS[name](next(numbers), url)):
                many = FLOOD if number and name not in ONCE else 1
                slow = pace == "slow"
                for part in (piece[:-1], piece[-1:]) if slow else (piece * many,):
                    connection.sendall(part)
                if gone.wait(pause if slow else 0):
                    return

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                asked()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"{url}/archive.tar.gz"
        finally:
            gone.set()
            listener.shutdown(socket.SHUT_RDWR)
