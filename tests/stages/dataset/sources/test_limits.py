"""Limits: a server whose answers never end holds no download, whatever part of HTTP it fills."""

from __future__ import annotations

import socket
import time

import pytest

from pipeline.errors import DataError
from stages.dataset.sources import limits, request
from stages.dataset.sources.limits import Limits, PermanentError, printable
from stages.dataset.sources.transfer import fetch
from tests.crash import endless
from tests.stages.dataset.sources.transfers import Listening
from tests.stages.http_server import Answer, serving


@pytest.mark.parametrize("case", endless.CASES)
@pytest.mark.long
def test_every_part_of_http(tmp_path, monkeypatch, case):
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(limits, "PATIENCE", 0.2)
    monkeypatch.setattr(request, "UNANNOUNCED", 1_000_000)
    started = time.monotonic()
    with endless.serving(case, pause=0.01) as url, pytest.raises(DataError) as caught:
        fetch([url], tmp_path / "x.tar.gz", timeout=0.1, delays=(0.01, 0.01, 0.01))
    assert time.monotonic() - started < 5
    assert str(caught.value).isprintable()


@pytest.mark.long
def test_a_host_of_many_silent_addresses(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(limits, "PATIENCE", 0.4)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:  # nobody accepts them: who comes after waits for ever
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "", full.getsockname())
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args: [entry] * 100)
        started = time.monotonic()
        with pytest.raises(DataError, match="example"):
            fetch(["http://example/x"], tmp_path / "x.tar.gz", timeout=0.1, delays=(0.01,))
        assert time.monotonic() - started < 3
        for one in waiting:
            one.close()


def test_what_is_there_anew_is_no_gain():
    one = Limits(10, there=100_000)
    began = one.left()
    time.sleep(0.01)
    one.content(50_000, 119_999)
    assert one.left() < began
    one.content(1, 120_000)
    assert one.left() > began - 0.01


def test_what_is_not_content_is_counted():
    one = Limits(10)
    one.read(limits.OVERHEAD)
    one.content(1000, 1000)
    one.read(2000)
    with pytest.raises(PermanentError, match="sent more than 500,000 bytes that are not content"):
        one.read(1)
    one.begin()
    one.read(limits.OVERHEAD)


def test_a_server_that_asks_for_too_long_a_wait_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    busy = Answer(status=503, headers={"Retry-After": "86400"})
    with serving(b"", busy) as server, pytest.raises(DataError) as caught:
        fetch([server.url], tmp_path / "x.tar.gz", delays=(0,))
    words = "answered HTTP 503 Service Unavailable and asks to be left alone for 86,400 seconds"
    assert words in str(caught.value)
    assert len(server.requests) == 1


def test_what_a_server_says_is_escaped(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    context = Listening()
    spoken = b"HTTP/1.1 503 \x1b[2J\x07\x9b1mRed\r\nContent-Length: 0\r\n\r\n"
    monkeypatch.setitem(endless.ANSWERS, "spoken", lambda number, url: iter([spoken]))
    with endless.serving("spoken, fast") as url, pytest.raises(DataError) as caught:
        fetch([url], tmp_path / "x.tar.gz", delays=(0, 0.01), context=context)
    assert context.messages
    assert all(text.isprintable() for text in (*context.messages, str(caught.value)))
    assert r"answered HTTP 503 \x1b[2J\x07\x9b1mRed" in context.messages[0]


def test_printable():
    assert printable("a\r\nb\x1b]0;x\x07\u202e") == r"a b\x1b]0;x\x07\u202e"
    assert len(printable("x" * 10_000)) == 500
