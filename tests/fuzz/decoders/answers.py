"""What a server answers to a download, and what was left of one before: a part and its record."""

from __future__ import annotations

import functools
import socket
import threading
from pathlib import Path
from random import Random
from typing import Any

from stages.dataset.formats.kinds import check_download
from stages.dataset.sources.transfer import fetch
from tests.fuzz.decoders import Decoder
from tests.fuzz.decoders.tars import NAMES, contents, entry, tar
from tests.fuzz.mutate import NUMBERS, TEXTS, damaged, damaged_json, json_bytes, noise

HEADERS = ["Content-Length", "Content-Range", "ETag", "Last-Modified", "Retry-After", "Location"]
HEADERS += ["Transfer-Encoding", "Content-Encoding", "Content-Type", "Connection", "X", ""]
LOCATIONS = ["file:///etc/passwd", "ftp://192.0.2.1/x", "http://[", "data:,x", "/again"]
STATUS = [200] * 8 + [206, 206, 302, 304, 404, 416, 429, 500, 503, 100, 0, 999]


class Server:
    """A socket on this machine that gives the answers it is asked to, whatever the question."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            connection.settimeout(5)
            try:
                with connection:
                    asked = b""
                    while b"\r\n\r\n" not in asked and (more := connection.recv(4096)):
                        asked += more
                    connection.sendall(self.answers.pop(0) if self.answers else b"")
            except OSError:  # the client has heard enough
                pass


@functools.cache
def server() -> Server:
    """The one of this process."""
    return Server()


def make(rng: Random) -> dict[str, Any]:
    """Some answers, and perhaps a part with its record."""
    archive = b"".join(entry(f"c/{name}", contents(rng, name)) for name in NAMES) + bytes(1024)
    if rng.random() < 0.2:
        archive = tar(rng)
    case: dict[str, Any] = {"answers": [_answer(rng, archive) for _ in range(rng.randint(1, 2))]}
    if rng.random() < 0.4:
        case["part"] = archive[: rng.randrange(len(archive) + 1)]
        record = {"url": "@URL@", "etag": '"a"', "modified": None, "size": len(archive)}
        case["record"] = json_bytes(rng, damaged_json(rng, record, 2))
    return case


def _answer(rng: Random, archive: bytes) -> bytes:
    body = archive if rng.random() < 0.7 else rng.choice((noise(rng), b"<html>", b""))
    headers = {"Content-Length": str(len(body)), "ETag": '"a"', "Connection": "close"}
    for _ in range(rng.randrange(4)):
        number = rng.choice(NUMBERS)
        values = [str(number), f"bytes {number}-9/{len(archive)}", f"bytes */{number}", "chunked"]
        values += [*TEXTS, *LOCATIONS, "gzip", 'W/"a"', "text/html", "close", "-1", "1e9"]
        headers[rng.choice(HEADERS)] = rng.choice(values)
    if rng.random() < 0.15:
        headers.pop("Content-Length")
    if rng.random() < 0.15:
        headers["Transfer-Encoding"] = "chunked"
        sizes = [
            str(rng.choice(NUMBERS)),
            "ffffffffffffffffff",
            "-1",
            "x",
            "5;a=b",
            f"{len(body):x}",
        ]
        body = f"{rng.choice(sizes)}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    status = rng.choice(STATUS)
    if status == 302:
        headers["Location"] = rng.choice(LOCATIONS)
    lines = [f"HTTP/1.{rng.choice('110')} {status} {rng.choice(('OK', '', 'x' * 99))}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += ["X: y"] * (150 if rng.random() < 0.02 else 0)
    head = "\r\n".join(lines).encode("utf-8", "surrogatepass")
    if status != 302 and rng.random() < 0.2:  # to another machine it could lead rightly
        head = damaged(rng, head)
    return head + b"\r\n\r\n" + body


def read(case: dict[str, Any], folder: Path) -> bool:
    """Fetch once from each host that answers. What is accepted is an archive."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    target = data / "archive.tar"
    host = server()
    url = f"http://127.0.0.1:{host.port}/archive.tar"
    host.answers = list(case["answers"])
    if "part" in case:
        target.with_name("archive.tar.part").write_bytes(case["part"])
        record = case["record"].replace(b"@URL@", url.encode())
        target.with_name("archive.tar.part.json").write_bytes(record)
    try:
        file = fetch([url], target, check=check_download, delays=(), timeout=5)
        check_download(target, "what was accepted")
        assert file.size == target.stat().st_size
    finally:
        for path in data.iterdir():
            path.unlink()
    return True


DECODERS = {"download": Decoder(make, read, 20)}
