"""S3's interface on 127.0.0.1 (moto's server), behind a proxy that breaks connections off."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import fsspec

BUCKET = "results"
NEVER = 1 << 60
PIECE = 4096  # bytes


class Proxy:
    """Hands connections on to a server; at the n-th piece, and from then on, it breaks them off.

    Half of that piece goes through: what is cut is cut in the middle.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self.pieces, self.cut = 0, NEVER
        threading.Thread(target=self._accept, daemon=True).start()

    def begin(self, cut: int = NEVER) -> None:
        """Count anew, and cut at a piece."""
        self.pieces, self.cut = 0, cut

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                one, _ = self._listener.accept()
                other = socket.create_connection(("127.0.0.1", self._target))
                for pair in ((one, other), (other, one)):
                    threading.Thread(target=self._hand_on, args=pair, daemon=True).start()

    def _hand_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE):
                with self._lock:
                    self.pieces += 1
                    left = self.cut - self.pieces
                if left <= 0:
                    target.sendall(data[: len(data) // 2] if left == 0 else b"")
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()


class Bucket:
    """A bucket that keeps every version of an object: so each time that one was sent is known."""

    def __init__(self, port: int) -> None:
        self.fs = fsspec.filesystem(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            key="testing",
            secret="testing",
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        self.fs.mkdir(BUCKET)
        self.fs.call_s3(
            "put_bucket_versioning", Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
        )

    def times_sent(self, prefix: str) -> Counter[str]:
        """How often each object below a prefix was written, whole."""
        found: Counter[str] = Counter()
        named: dict[str, Any] = {"Bucket": BUCKET, "Prefix": prefix}
        while True:
            answer = self.fs.call_s3("list_object_versions", **named)
            found.update(one["Key"].removeprefix(prefix) for one in answer.get("Versions", []))
            if not answer.get("IsTruncated"):
                return found
            named |= {"KeyMarker": answer["NextKeyMarker"]}
            named |= {"VersionIdMarker": answer["NextVersionIdMarker"]}

    def objects(self, prefix: str) -> dict[str, bytes]:
        """What lies below a prefix."""
        place = f"{BUCKET}/{prefix}"
        return {path.removeprefix(place): self.fs.cat_file(path) for path in self.fs.find(place)}


@contextmanager
def s3_server() -> Iterator[int]:
    """moto's server on 127.0.0.1: its port."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield server.get_host_and_port()[1]
    finally:
        server.stop()


def go_through(port: int) -> None:
    """Let fsspec and what this process starts reach S3 at a port."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    fsspec.filesystem("s3").clear_instance_cache()
