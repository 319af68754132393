"""A remote with S3's interface (moto's server), cut at many points, changed, and used by two.

A proxy stands before the server, and breaks the connection off at the n-th piece that passes.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import fsspec

from pipeline import run
from pipeline.errors import UserError
from pipeline.store.key import Key
from pipeline.store.manifest import read_manifest
from pipeline.store.remote import Remote
from pipeline.store.with_remote import StoreWithRemote
from tests.pipeline.backends.flow import FLOW

BUCKET = "results"
FACTORS = (1.0, 2.0, 3.0)


class Proxy:
    """Hands connections on to a server; from the n-th piece on, for a while, it breaks them off."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.pieces, self.cut = 0, 1 << 60
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                one, _ = self._listener.accept()
                other = socket.create_connection(("127.0.0.1", self._target))
                for pair in ((one, other), (other, one)):
                    threading.Thread(target=self._hand_on, args=pair, daemon=True).start()

    def _hand_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(4096):
                self.pieces += 1
                if self.pieces >= self.cut:
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self._listener.close()


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


def address(port: int) -> str:
    """Let fsspec go to a port, and give the address of the remote there."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    fsspec.filesystem("s3").clear_instance_cache()
    return f"s3://{BUCKET}/shared"


def used(folder: Path, where: str, notes: list[str]) -> dict[float, dict[str, float]]:
    """Three runs of a flow on a machine: their results."""
    store = StoreWithRemote(folder, Remote(where), notes.append)
    return {f: run(FLOW, store=store, executor="serial", factor=f)["total"] for f in FACTORS}


def cut_and_changed(folder: Path, cuts: int, seed: int = 0) -> list[str]:
    """Cut the connection at so many points, change bytes, push from two at once; what is wrong."""
    drawn, wrong = random.Random(seed), []
    expected = {f: run(FLOW, store=folder / "alone", factor=f)["total"] for f in FACTORS}
    with s3_server() as port:
        direct = fsspec.filesystem("s3", endpoint_url=f"http://127.0.0.1:{port}", key="testing",
                                   secret="testing", use_listings_cache=False)  # fmt: skip
        proxy = Proxy(port)
        direct.mkdir(BUCKET)
        where = address(proxy.port)
        used(folder / "whole", where, [])
        longest, sent = proxy.pieces, set(direct.find(BUCKET))
        for number in range(cuts):
            direct.rm(BUCKET, recursive=True)
            direct.mkdir(BUCKET)
            notes: list[str] = []
            proxy.pieces, proxy.cut = 0, 1 + number * longest // cuts
            first = used(folder / f"cut-{number}", address(proxy.port), notes)
            before = written(direct)
            proxy.cut = 1 << 60
            second = used(folder / f"after-{number}", address(proxy.port), [])
            pushed(folder / f"cut-{number}", address(proxy.port))
            if first != expected or second != expected:
                wrong.append(f"cut {number}: another result")
            after = written(direct)
            if missing := sent - set(after):
                wrong.append(f"cut {number}: lost {sorted(missing)}")
            if again := [path for path in before if after.get(path) != before[path]]:
                wrong.append(f"cut {number}: whole objects sent again: {again}")
        for path in sent:
            if drawn.random() < 0.5:
                data = bytearray(direct.cat_file(path))
                data[drawn.randrange(len(data))] ^= 1 << drawn.randrange(8)
                direct.pipe_file(path, bytes(data))
        if used(folder / "changed", address(proxy.port), []) != expected:
            wrong.append("changed bytes: another result")
        direct.rm(BUCKET, recursive=True)
        direct.mkdir(BUCKET)
        wrong += two_at_once(folder, address(proxy.port), expected)
        if set(direct.find(BUCKET)) != sent:
            wrong.append("two at once: something is lost")
        proxy.close()
    return wrong


def written(fs) -> dict[str, str]:
    """When each object was last written."""
    return {path: str(one["LastModified"]) for path, one in fs.find(BUCKET, detail=True).items()}


def pushed(folder: Path, where: str) -> None:
    """What `pipeline push --all` does."""
    store = StoreWithRemote(folder, Remote(where), lambda note: None)
    for path in store.results():
        store.share(Key(path.parent.name, read_manifest(path)["fingerprint"]))
    store.expect_reach()


def two_at_once(folder: Path, where: str, expected: dict) -> list[str]:
    """Two machines that make, send and fetch the same at the same time."""
    found: list[object] = []

    def go(name: str) -> None:
        try:
            found.append(used(folder / name, where, []))
        except (UserError, OSError) as error:
            found.append(error)

    threads = [threading.Thread(target=go, args=(f"both-{number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [f"two at once: {one}" for one in found if one != expected]
