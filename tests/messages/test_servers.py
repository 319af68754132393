"""What servers do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from stages.dataset.sources.transfer import fetch
from tests.messages.case import (
    TAR,
    fits,
)
from tests.stages import datasets
from tests.stages.http_server import Answer, serving, serving_no_http

GZ = datasets.gz(TAR)

SERVERS = [
    (
        "answered with a web page (HTML) instead of the file",
        [Answer(headers={"Content-Type": "text/html"})],
    ),
    (
        "answered with a web page (HTML or XML) instead of an archive",
        [Answer(body=b"<html>")],
    ),
    (
        "answered with 100,000.0 MB, more than is accepted",
        [Answer(length=False, headers={"Content-Length": "100000000000"})],
    ),
    ("answered HTTP 503<…>", [Answer(status=503)]),
    (
        "answered HTTP 302<…>ftp://host<…>",
        [Answer(status=302, headers={"Location": "ftp://host/x"})],
    ),
    ("ended after 0 of <…> bytes", [Answer(cut=0)]),
    ("fell silent after 0 of <…> bytes", [Answer(cut=0, stall=0.5)]),
    ("broke off after 0 of unknown bytes (<…>)", [Answer(cut=0, chunked=True)]),
    ("sent a file that is not the right one (<…>)", [Answer(flip=len(GZ) // 2)]),
    (
        "ended without saying how much is to come, and sent a file that is not the right one (<…>)",
        [Answer(cut=1500, length=False), Answer(cut=0, length=False, ranges=False)],
    ),
    (
        "has another version than the one that was received in part",
        [Answer(cut=1500), Answer(status=416, headers={"Content-Range": "bytes */9"})],
    ),
    (
        "answered with other bytes than the missing ones",
        [Answer(cut=1500), Answer(shift=1)],
    ),
    (
        "sent more bytes than it had announced",
        [
            Answer(cut=1500, length=False),
            Answer(length=False, headers={"Content-Range": "bytes 1500-1509/1510"}),
        ],
    ),
]

UNREACHABLE = [
    ("cannot be reached: <…>", "https://127.0.0.1:1/x"),
    ("is no valid address: <…>", f"http://{'a' * 70}./"),
]

MORE = "answered with more than <…> MB"

NO_HTTP = "does not answer: <…>"

LOST = (
    "error: <…> could not be downloaded in <…> attempt<…>: <…> {}; <…>; run the same command again "
    "to go on, or use --source PATH with a copy from elsewhere, or --source synthetic"
)


@pytest.fixture
def lost(call, monkeypatch) -> Callable[[str, str], None]:
    """See that a download ends with certain words, after one attempt that brought nothing."""
    monkeypatch.setenv("PIPELINE_DATA_DIR", "d")
    monkeypatch.setattr("stages.download.transfer.fetch", partial(fetch, delays=(), timeout=0.2))

    def go(words: str, url: str) -> None:
        status, line = call(f"download --source {url}")
        assert fits(LOST.format(words), line), line
        assert status == 2

    return go


@pytest.mark.parametrize(("words", "answers"), SERVERS, ids=lambda value: str(value)[:40])
def test_a_server_that_does_not_give_it(lost, words, answers):
    with serving(GZ, *answers) as server:
        lost(words, server.url)


@pytest.mark.parametrize(("words", "url"), UNREACHABLE)
def test_a_server_that_is_not_reached(lost, words, url):
    lost(words, url)


def test_a_server_that_never_ends(lost, monkeypatch):
    monkeypatch.setattr("stages.dataset.sources.request.UNANNOUNCED", 1000)
    with serving(GZ, Answer(length=False)) as server:
        lost(MORE, server.url)


def test_a_server_of_something_else(lost):
    with serving_no_http(1) as url:
        lost(NO_HTTP, url)
