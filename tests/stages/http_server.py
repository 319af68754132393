"""A real HTTP server on 127.0.0.1 that misbehaves as it is asked to.

It answers the n-th request as `answers[n]` says, and every later one in good order; it counts the
requests and the bytes that it sent. Bounded: it serves at most `LIMIT` requests, each for a few
seconds, and `serving` takes it down.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LIMIT = 1000


@dataclass(frozen=True)
class Answer:
    """How to answer a request; the defaults are those of a good server."""

    status: int | None = None  # instead of 200, 206 or 416
    headers: dict[str, str] = field(default_factory=dict)  # beside or instead of the usual ones
    body: bytes | None = None  # instead of the content
    cut: int | None = None  # close the connection after so many bytes of the body
    flip: int | None = None  # the position, in the content, of a bit that flips on the way
    ranges: bool = True  # honour Range
    conditions: bool = True  # honour If-Range
    length: bool = True  # say how long the body is
    chunked: bool = False
    shift: int = 0  # bytes by which a range begins too late
    stall: float = 0.0  # seconds of silence after the cut


class Server(ThreadingHTTPServer):
    """`content` is what it serves; `url` where."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self, content: bytes, answers: list[Answer], etag: str | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content, self.answers, self.etag = content, list(answers), etag
        self.modified: str | None = None
        self.requests: list[dict[str, str]] = []
        self.sent = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/dataset.tar.gz"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are part of the game."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5
    server: Server

    def log_message(self, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        server.requests.append(dict(self.headers))
        assert len(server.requests) <= LIMIT
        answer = server.answers.pop(0) if server.answers else Answer()
        self.close_connection = True
        content = server.content if answer.body is None else answer.body
        if answer.flip is not None:
            content = bytearray(content)
            content[answer.flip] ^= 1
        start, status, headers = 0, 200, {}
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        fits = not answer.conditions or condition in (None, server.etag, server.modified)
        if match and answer.ranges and fits and answer.body is None:
            start, status = int(match[1]) + answer.shift, 206
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            if start >= len(content):
                status, headers["Content-Range"] = 416, f"bytes */{len(content)}"
        body = b"" if status == 416 else bytes(content[start:])
        self.send_response(answer.status or status)
        headers["Content-Type"] = "application/x-gzip"
        if server.etag:
            headers["ETag"] = server.etag
        if server.modified:
            headers["Last-Modified"] = server.modified
        if answer.chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif answer.length:
            headers["Content-Length"] = str(len(body))
        for name, value in (headers | answer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        self._send(body, answer)

    def _send(self, body: bytes, answer: Answer) -> None:
        part = body if answer.cut is None else body[: answer.cut]
        if answer.chunked:
            for first in range(0, len(part), 1000):
                chunk = part[first : first + 1000]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            if answer.cut is None:
                self.wfile.write(b"0\r\n\r\n")
        else:
            self.wfile.write(part)
        self.server.sent += len(part)
        self.wfile.flush()
        if answer.stall:
            time.sleep(answer.stall)


@contextmanager
def serving(content: bytes, *answers: Answer, etag: str | None = '"1"') -> Iterator[Server]:
    """A server while the `with` block lasts."""
    server = Server(content, list(answers), etag)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def serving_no_http(requests: int) -> Iterator[str]:
    """The URL of a server of another kind, which answers so many requests and then goes."""

    def answer() -> None:
        for _ in range(requests):
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        thread.join()
