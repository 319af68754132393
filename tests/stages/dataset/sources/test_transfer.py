"""Transfer: over any network, the verified file or an error that says how to go on."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import pytest

from pipeline.errors import DataError
from stages.dataset.formats.known import HEAD
from stages.dataset.sources import request
from tests.stages.dataset.sources.transfers import (
    CONTENT,
    OTHER,
    SHA256,
    SIZE,
    Listening,
    failure,
    fetch,
    is_there,
)
from tests.stages.http_server import Answer, serving


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_good_server(target, sha256):
    context = Listening()
    with serving(CONTENT) as server:
        is_there(target, fetch(server.url, target, sha256, context=context))
        is_there(target, fetch(server.url, target, sha256))  # there already
    assert (len(server.requests), server.sent) == (1, SIZE)
    assert context.totals == [SIZE]


@pytest.mark.parametrize("sha256", [SHA256, None])
@pytest.mark.long
def test_cut_at_a_hundred_points_nothing_is_fetched_twice(target, sha256):
    cuts = [Answer(cut=SIZE // 100 + 1)] * 100
    with serving(CONTENT, *cuts) as server:
        is_there(target, fetch(server.url, target, sha256, delays=(0,)))
    assert len(server.requests) == 100
    assert server.sent == SIZE
    assert server.requests[1]["Range"] == f"bytes={SIZE // 100 + 1}-"
    assert server.requests[1]["If-Range"] == '"1"'


@pytest.mark.long
def test_interrupted_at_a_hundred_points_nothing_is_fetched_twice(target, monkeypatch):
    monkeypatch.setattr(request, "BLOCK", 1500)
    with serving(CONTENT) as server:
        while not target.exists():
            with suppress(KeyboardInterrupt):
                is_there(target, fetch(server.url, target, context=Listening(SIZE // 100)))
    assert len(server.requests) >= 50
    kept = [int(r["Range"][6:-1]) for r in server.requests[1:]]
    assert kept == sorted(set(kept))


def test_a_killed_process_goes_on_from_what_was_received(target):
    with serving(CONTENT, Answer(cut=SIZE // 2, stall=30)) as server:
        program = (
            "import sys; from pathlib import Path; "
            "from stages.dataset.sources.transfer import fetch; "
            "fetch([sys.argv[1]], Path(sys.argv[2]))"
        )
        child = subprocess.Popen([sys.executable, "-c", program, server.url, str(target)])
        part = target.with_name("x.tar.gz.part")
        while not part.exists() or part.stat().st_size < SIZE // 2:
            assert child.poll() is None
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait()
        context = Listening()
        is_there(target, fetch(server.url, target, context=context))
    assert server.requests[1]["Range"] == f"bytes={SIZE // 2}-"
    assert context.totals == [SIZE - SIZE // 2]
    assert context.messages == [f"x.tar.gz: {SIZE / 2e6:.1f} MB are there, resuming from them"]


@pytest.mark.parametrize("at", [0, 1, HEAD - 1, HEAD, SIZE - 1])
@pytest.mark.parametrize("answer", [{}, {"length": False}, {"chunked": True}, {"ranges": False}])
@pytest.mark.parametrize("sha256", [SHA256, None])
def test_cuts_of_every_kind_of_answer(target, at, answer, sha256):
    with serving(CONTENT, Answer(cut=at, **answer)) as server:
        is_there(target, fetch(server.url, target, sha256))
    assert len(server.requests) == 2


def test_the_second_host_is_asked_where_the_first_gives_nothing(target):
    with serving(CONTENT, Answer(status=404)) as first, serving(CONTENT) as second:
        is_there(target, fetch([first.url, second.url], target))
        target.unlink()
        first.answers = [Answer(status=503)]
        is_there(target, fetch([first.url, second.url], target))
    assert (len(first.requests), len(second.requests)) == (2, 2)


def test_the_second_host_goes_on_where_the_first_ended(target):
    with (
        serving(CONTENT, Answer(cut=5000), Answer(status=410)) as first,
        serving(CONTENT, etag='"another"') as second,
    ):
        is_there(target, fetch([first.url, second.url], target))
    assert second.requests[0]["Range"] == "bytes=5000-"
    assert second.sent == SIZE - 5000


def test_all_hosts_are_named_in_the_end(target):
    with (
        serving(CONTENT, Answer(cut=5000), *[Answer(status=503)] * 9) as first,
        serving(CONTENT, Answer(status=404)) as second,
    ):
        message = failure([first.url, second.url], target)
        assert re.fullmatch(
            r"x\.tar\.gz could not be downloaded in 5 attempts: HOST answered HTTP 503 Service "
            r"Unavailable; HOST answered HTTP 404 Not Found; 5,000 bytes are kept in \S+ of "
            r"0\.1 MB; run the same command again to go on, or use --source PATH with a copy from "
            r"elsewhere, or --source synthetic",
            message,
        )
        first.answers = []
        is_there(target, fetch([first.url, second.url], target))
    assert first.requests[-1]["Range"] == "bytes=5000-"


def test_random_networks(target):
    """Whatever a server does, the file is right or is not there."""
    rng = np.random.default_rng(1)
    arrived = 0
    for _ in range(30):
        answers = [
            Answer(
                cut=int(rng.integers(SIZE)) if rng.random() < 0.7 else None,
                flip=int(rng.integers(SIZE)) if rng.random() < 0.2 else None,
                status=503 if rng.random() < 0.2 else None,
                ranges=bool(rng.random() < 0.8),
                conditions=bool(rng.random() < 0.8),
                length=bool(rng.random() < 0.8),
                chunked=bool(rng.random() < 0.2),
                shift=int(rng.random() < 0.1),
                body=OTHER if rng.random() < 0.2 else None,
            )
            for _ in range(6)
        ]
        with serving(CONTENT, *answers) as server:
            for _ in range(3):
                try:
                    is_there(target, fetch(server.url, target))
                    arrived += 1
                    target.unlink()
                    break
                except DataError:
                    assert not target.exists()
    assert arrived > 20
