"""Answers of servers: wrong sizes, flipped bits, refusals, web pages, no answer at all."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from email.utils import formatdate

import pytest

from pipeline.errors import DataError
from stages.dataset.sources import request
from tests.stages.dataset.sources.transfers import (
    CONTENT,
    SHA256,
    SIZE,
    Listening,
    failure,
    fetch,
    is_there,
)
from tests.stages.http_server import Answer, serving, serving_no_http


@pytest.mark.parametrize("sha256", [SHA256, None])
@pytest.mark.parametrize("more", [10, 10**17])
def test_a_content_length_that_is_too_large(target, sha256, more, monkeypatch):
    monkeypatch.setattr(request, "LARGEST", 10**18)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 10**18}))
    wrong = Answer(headers={"Content-Length": str(SIZE + more)})
    with serving(CONTENT, wrong) as server:
        is_there(target, fetch(server.url, target, sha256))
    assert server.sent == SIZE


def test_a_content_length_that_is_too_small(target):
    wrong = Answer(headers={"Content-Length": str(SIZE - 10)})
    with serving(CONTENT, wrong) as server:
        assert failure(server.url, target).startswith(
            "x.tar.gz could not be downloaded in 1 attempt: HOST sent a file that is not the right "
            f"one (expected SHA-256 {SHA256}, found "
        )
    with serving(CONTENT, wrong) as server:
        assert "(x.tar.gz: the compressed bytes are cut or damaged (they end too early); " in (
            failure(server.url, target, sha256=None)
        )


@pytest.mark.parametrize("answer", [{}, {"chunked": True}, {"length": False}])
@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_flipped_bit_is_never_accepted(target, answer, sha256):
    with serving(CONTENT, Answer(flip=SIZE // 2, **answer)) as server:
        message = failure(server.url, target, sha256=sha256)
    assert "HOST sent a file that is not the right one" in message
    assert "; nothing was received; run the same command again" in message
    with serving(CONTENT, Answer(flip=SIZE // 2, **answer)) as bad, serving(CONTENT) as good:
        is_there(target, fetch([bad.url, good.url], target, sha256))


@pytest.mark.long
def test_a_server_that_falls_silent(target):
    with serving(CONTENT, Answer(cut=5000, stall=2)) as server:
        is_there(target, fetch(server.url, target, timeout=0.1))
        assert server.requests[1]["Range"] == "bytes=5000-"
        target.unlink()
        server.answers = [Answer(cut=5000, stall=1)] + [Answer(cut=0, stall=1)] * 2
        assert failure(server.url, target, timeout=0.1, delays=(0,)) == (
            f"x.tar.gz could not be downloaded in 3 attempts: HOST fell silent after 5,000 of "
            f"{SIZE:,} bytes; 5,000 bytes are kept in {target}.part of {SIZE / 1e6:.1f} MB; run "
            "the same command again to go on, or use --source PATH with a copy from elsewhere, or "
            "--source synthetic"
        )


def test_passing_refusals(target, monkeypatch):
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    soon = formatdate(time.time() + 30, usegmt=True)
    answers = [
        Answer(status=503),
        Answer(status=429, headers={"Retry-After": "7"}),
        Answer(status=500, headers={"Retry-After": soon}),
        Answer(status=502),
        Answer(status=504, headers={"Retry-After": "soon"}),
        Answer(status=408, headers={"Retry-After": "0"}),
    ]
    context = Listening()
    with serving(CONTENT, *answers) as server:
        is_there(
            target,
            fetch(server.url, target, delays=(0.5, 1, 2, 4, 8, 16), context=context),
        )
    assert [w if abs(w - 29) > 2 else "date" for w in waits] == [0.5, 7, "date", 4, 8, 16]
    host = server.url.split("/")[2]
    assert context.messages[:2] == [
        f"x.tar.gz: {host} answered HTTP 503 Service Unavailable; again in 0.5 s",
        f"x.tar.gz: {host} answered HTTP 429 Too Many Requests; again in 7 s",
    ]


def test_a_refusal_that_stays(target):
    with serving(CONTENT, *[Answer(status=503)] * 9) as server:
        assert failure(server.url, target).startswith(
            "x.tar.gz could not be downloaded in 3 attempts: HOST answered HTTP 503 Service "
            "Unavailable; nothing was received; run the same command again to go on, or use"
        )


@pytest.mark.parametrize("digits", ["²", "٣", "9" * 30, "-1", "1e3", ""])
def test_digits_that_are_none(target, digits):
    headers = {"Content-Length": digits.encode().decode("latin-1"), "Connection": "close"}
    waits = {"Retry-After": headers["Content-Length"]}
    with serving(CONTENT, Answer(status=503, headers=waits), Answer(headers=headers)) as server:
        is_there(target, fetch(server.url, target))


def test_web_pages_and_other_things_are_refused(target):
    page = b"<!DOCTYPE html><html>Please log in</html>"
    answers = {
        "a web page (HTML) instead of the file": Answer(
            body=page, headers={"Content-Type": "text/html; charset=utf-8"}
        ),
        "a web page (HTML or XML) instead of an archive": Answer(body=page),
        "bytes that begin 50 4b 00 00 instead of an archive": Answer(body=b"PK" + bytes(5000)),
        "HTTP 204 No Content": Answer(status=204, body=b""),
        "HTTP 206 Partial Content": Answer(status=206),
    }
    for words, answer in answers.items():
        with serving(CONTENT, answer) as server:
            assert f"in 1 attempt: HOST answered with {words}; nothing" in failure(
                server.url, target
            ).replace("answered HTTP", "answered with HTTP")


def test_what_was_received_stays_when_a_page_comes_in_between(target):
    page = Answer(body=b"<html>", headers={"Content-Type": "text/html"})
    with serving(CONTENT, Answer(cut=5000), page) as server:
        assert "5,000 bytes are kept" in failure(server.url, target)
        is_there(target, fetch(server.url, target))
    assert server.requests[-1]["Range"] == "bytes=5000-"


def test_no_server(target):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert "HOST cannot be reached: Connection refused; nothing" in failure(
        f"http://127.0.0.1:{port}/x", target
    )
    with serving(CONTENT) as server:
        assert "HOST cannot be reached: " in failure(server.url.replace("http", "https"), target)


def test_what_is_no_http(target):
    with serving_no_http(3) as url:
        assert "HOST does not answer: SSH-2.0-OpenSSH_9.6; nothing" in failure(url, target)


def test_what_is_no_address(target):
    url = f"http://{'a' * 70}./"
    with pytest.raises(DataError, match=r"is no valid address: .*; nothing was received; run the"):
        fetch(url, target)


def test_a_certificate_that_is_not_valid(target, monkeypatch):
    import ssl

    def refuse(*arguments, **options):
        error = ssl.SSLCertVerificationError("x")
        error.verify_message = "certificate has expired"
        raise urllib.error.URLError(error)

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)
    assert "in 1 attempt: h its certificate is not valid: certificate has expired" in failure(
        "https://user:secret@h/x", target
    )


def test_more_than_is_accepted(target, monkeypatch):
    monkeypatch.setattr(request, "LARGEST", 5000)
    monkeypatch.setattr(request, "UNANNOUNCED", 5000)
    with serving(CONTENT) as server:
        assert "answered with 0.1 MB, more than is accepted; nothing" in failure(server.url, target)
        server.answers = [Answer(length=False)]
        monkeypatch.setattr(request, "BLOCK", 1000)
        assert "answered with more than 0.0 MB" in failure(server.url, target)


def test_more_than_was_announced(target):
    small = Answer(length=False, headers={"Content-Range": f"bytes 5000-{SIZE - 11}/{SIZE - 10}"})
    with serving(CONTENT, Answer(length=False, cut=5000), small) as server:
        is_there(target, fetch(server.url, target))
    assert len(server.requests) == 3
