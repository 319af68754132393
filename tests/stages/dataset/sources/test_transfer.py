"""Transfer: over any network, the verified file or an error that says how to go on."""

from __future__ import annotations

import hashlib
import io
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path

import numpy as np
import pytest

from pipeline.context import Context
from pipeline.errors import DataError, StorageError
from pipeline.store.files import File
from stages.dataset.formats.kinds import check_download
from stages.dataset.formats.known import HEAD
from stages.dataset.sources import connection, request, transfer
from stages.dataset.sources.limits import Limits, PermanentError
from stages.dataset.sources.part import Part
from tests.stages.datasets import files, gz, tar
from tests.stages.http_server import Answer, serving, serving_no_http

CONTENT = gz(tar(files(train=4, count=8)))
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SIZE = len(CONTENT)
OTHER = gz(tar(files(train=3, count=8)))


class Listening(Context):
    """Remembers what it is told; `until` bytes have come, then it interrupts."""

    def __init__(self, until: int | None = None) -> None:
        self.messages: list[str] = []
        self.totals: list[int | None] = []
        self.left = until

    def info(self, message):
        self.messages.append(message)

    def progress(self, label, total=None, unit="rows"):
        self.totals.append(total)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def advance(self, amount=1, note=""):
        if self.left is not None:
            self.left -= amount
            if self.left <= 0:
                raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "data" / "x.tar.gz"


def fetch(urls, target, sha256=SHA256, delays=(0, 0), **options):
    """Fetch quickly; without a digest, by the archive's own checksums."""
    urls = [urls] if isinstance(urls, str) else urls
    options = {"check": check_download, "timeout": 5} | options
    return transfer.fetch(urls, target, sha256=sha256, delays=delays, **options)


def failure(urls, target, **options) -> str:
    with pytest.raises(DataError) as caught:
        fetch(urls, target, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert not target.exists()
    return re.sub(r"127\.0\.0\.1:\d+", "HOST", message)


def is_there(target: Path, file: File) -> None:
    """The right file, and nothing but it and the lock."""
    assert target.read_bytes() == CONTENT
    assert file == File(target, SIZE, SHA256)
    assert {path.name for path in target.parent.iterdir()} <= {target.name, f"{target.name}.lock"}


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_good_server(target, sha256):
    context = Listening()
    with serving(CONTENT) as server:
        is_there(target, fetch(server.url, target, sha256, context=context))
        is_there(target, fetch(server.url, target, sha256))  # there already
    assert (len(server.requests), server.sent) == (1, SIZE)
    assert context.totals == [SIZE]


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_cut_at_a_hundred_points_nothing_is_fetched_twice(target, sha256):
    cuts = [Answer(cut=SIZE // 100 + 1)] * 100
    with serving(CONTENT, *cuts) as server:
        is_there(target, fetch(server.url, target, sha256, delays=(0,)))
    assert len(server.requests) == 100
    assert server.sent == SIZE
    assert server.requests[1]["Range"] == f"bytes={SIZE // 100 + 1}-"
    assert server.requests[1]["If-Range"] == '"1"'


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


OLD = Answer(body=OTHER, headers={"ETag": '"0"'}, cut=5000)


@pytest.mark.parametrize("conditions", [True, False])
@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_version_that_changes_half_way(target, conditions, sha256):
    with serving(CONTENT, OLD, Answer(conditions=conditions)) as server:
        is_there(target, fetch(server.url, target, sha256))
    assert server.requests[1]["If-Range"] == '"0"'
    assert len(server.requests) == (2 if conditions else 3)


def test_versions_by_date(target):
    with serving(CONTENT, Answer(cut=5000), etag='W/"weak"') as server:
        server.modified = formatdate(0, usegmt=True)
        is_there(target, fetch(server.url, target, None))
        assert server.requests[1]["If-Range"] == server.modified
    target.unlink()
    old = Answer(body=OTHER, headers={"Last-Modified": formatdate(9, usegmt=True)}, cut=5000)
    with serving(CONTENT, old, Answer(conditions=False), etag=None) as server:
        server.modified = formatdate(0, usegmt=True)
        is_there(target, fetch(server.url, target, None))
    assert len(server.requests) == 3


def test_without_a_version_only_a_digest_allows_to_go_on(target):
    with serving(CONTENT, Answer(cut=5000), etag=None) as server:
        is_there(target, fetch(server.url, target, None))
    assert "Range" not in server.requests[1]
    target.unlink()
    with serving(CONTENT, Answer(cut=5000), etag=None) as server:
        is_there(target, fetch(server.url, target))
    assert server.requests[1]["Range"] == "bytes=5000-"
    assert "If-Range" not in server.requests[1]


def test_a_part_of_two_versions_is_fetched_anew(target):
    wrong = Answer(body=OTHER, cut=5000)  # another content under the same name and version
    with serving(CONTENT, wrong) as server:
        is_there(target, fetch(server.url, target))
    assert len(server.requests) == 3
    target.unlink()
    with serving(CONTENT, wrong) as server:
        assert len(OTHER) != SIZE
        is_there(target, fetch(server.url, target, None))
    assert len(server.requests) == 3


def test_ranges_that_begin_elsewhere_are_not_believed(target):
    with serving(CONTENT, Answer(cut=5000), Answer(shift=1)) as server:
        is_there(target, fetch(server.url, target))
    assert "Range" not in server.requests[2]


@pytest.mark.parametrize("header", ["", "nonsense", "bytes */*", "bytes 5000-x/9"])
def test_ranges_that_are_none_are_not_believed(target, header):
    with serving(CONTENT, Answer(cut=5000), Answer(headers={"Content-Range": header})) as server:
        is_there(target, fetch(server.url, target))
    assert "Range" not in server.requests[2]


def test_a_range_of_a_whole_of_unknown_size(target):
    unknown = Answer(headers={"Content-Range": f"bytes 5000-{SIZE - 1}/*"})
    with serving(CONTENT, Answer(cut=5000), unknown) as server:
        is_there(target, fetch(server.url, target))
    assert len(server.requests) == 2


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


def test_redirects_are_followed(target):
    with serving(CONTENT, Answer(cut=5000)) as there, serving(b"") as here:
        moved = Answer(status=302, headers={"Location": there.url}, body=b"")
        here.answers = [moved, moved]
        is_there(target, fetch(here.url, target))
        assert there.requests[1]["Range"] == "bytes=5000-"
        assert there.sent == SIZE
        target.unlink()
        here.answers = [Answer(status=302, headers={"Location": here.url}, body=b"")] * 30
        assert "HOST answered HTTP 302 The HTTP server returned a redirect error" in (
            failure(here.url, target)
        )
        here.answers = [Answer(status=302, headers={"Location": "file:///etc/passwd"}, body=b"")]
        assert "HOST answered HTTP 302: it redirects to file://; nothing" in (
            failure(here.url, target)
        )


@pytest.mark.parametrize("location", ["ftp://HOST/x", "data:,x", "file:///x", "FTP://HOST"])
def test_redirects_lead_to_no_other_protocol(target, location):
    with serving(b"") as here:
        location = location.replace("HOST", f"127.0.0.1:{here.server_address[1]}")
        here.answers = [Answer(status=302, headers={"Location": location}, body=b"")]
        assert "answered HTTP 302: it redirects to" in failure(here.url, target)
        assert len(here.requests) == 1


def test_redirects_lead_to_no_less_safe_protocol():
    (handler,) = (
        h for h in connection.opener(Limits(1)).handlers if hasattr(h, "redirect_request")
    )
    safe = urllib.request.Request("https://a/b")
    headers = {"Location": "http://user:secret@a/b?token=secret"}
    with pytest.raises(PermanentError, match=r"^answered HTTP 302: it redirects to http://a$"):
        handler.http_error_302(safe, io.BytesIO(), 302, "Found", headers)
    assert handler.redirect_request(safe, io.BytesIO(), 302, "Found", {}, "https://b/c")


def test_the_body_of_a_redirect_is_not_waited_for(target):
    with serving(CONTENT) as there, serving(b"") as here:
        headers = {"Location": there.url, "Content-Length": "1000000000000"}
        here.answers = [Answer(status=302, headers=headers, body=b"x", stall=0.2)]
        is_there(target, fetch(here.url, target))


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


def test_web_pages_and_other_things_are_refused(target):
    page = b"<!DOCTYPE html><html>Please log in</html>"
    answers = {
        "a web page (HTML) instead of the file": Answer(
            body=page, headers={"Content-Type": "text/html; charset=utf-8"}
        ),
        "a web page (HTML or XML) instead of an archive": Answer(body=page),
        "a ZIP archive instead of an archive": Answer(body=b"PK" + bytes(5000)),
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


def test_a_part_that_is_longer_than_the_file(target):
    with serving(CONTENT, Answer(body=CONTENT + CONTENT, cut=SIZE + 9)) as server:
        server.content = CONTENT
        is_there(target, fetch(server.url, target, sha256=None))
    assert len(server.requests) == 3


def leave_part(target: Path, data: bytes, record: str | None) -> None:
    target.parent.mkdir()
    target.with_name("x.tar.gz.part").write_bytes(data)
    if record is not None:
        target.with_name("x.tar.gz.part.json").write_text(record)


@pytest.mark.parametrize(
    "record",
    [None, "", "[]", "{}", "[" * 100_000, '{"url": 3, "etag": 3, "modified": 3, "size": 3}',
     '{"url": "", "etag": "", "modified": "", "size": "x"}'],
)  # fmt: skip
def test_a_part_without_a_good_record(target, record):
    leave_part(target, CONTENT[:5000], record)
    with serving(CONTENT) as server:
        is_there(target, fetch(server.url, target))  # the digest will tell
        assert server.requests[0]["Range"] == "bytes=5000-"
        target.unlink()
        target.with_name("x.tar.gz.part").write_bytes(CONTENT[:5000])
        is_there(target, fetch(server.url, target, None))
        assert "Range" not in server.requests[1]


def test_a_whole_part_needs_no_server(target):
    url = "http://127.0.0.1:1/x"
    record = json.dumps({"url": url, "etag": '"1"', "modified": None, "size": SIZE})
    leave_part(target, CONTENT, record)
    is_there(target, fetch(url, target, None))


def test_a_part_that_the_disk_spoiled(target):
    with serving(CONTENT) as server:
        record = json.dumps({"url": server.url, "etag": '"1"', "modified": None, "size": SIZE})
        leave_part(target, bytes(5000), record)
        is_there(target, fetch(server.url, target))
    assert [r.get("Range") for r in server.requests] == ["bytes=5000-", None]


def test_another_file_under_the_name(target):
    target.parent.mkdir()
    target.write_bytes(b"mine")
    with pytest.raises(DataError) as caught:
        fetch("http://127.0.0.1:1/x", target)
    found = hashlib.sha256(b"mine").hexdigest()
    assert str(caught.value) == (
        f"{target}: expected SHA-256 {SHA256}, found {found}; remove the file to download it "
        "again, or name it with --source to use it as it is"
    )
    assert target.read_bytes() == b"mine"


def test_what_is_there_needs_no_folder_that_can_be_written(target):
    target.parent.mkdir()
    target.write_bytes(CONTENT)
    is_there(target, fetch("http://127.0.0.1:1/x", target))
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_two_at_once_fetch_once(target):
    with serving(CONTENT, Answer(cut=5000, stall=0.3)) as server:
        contexts, found = [Listening(), Listening()], []
        threads = [
            threading.Thread(
                target=lambda c=context: found.append(fetch(server.url, target, context=c))
            )
            for context in contexts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [File(target, SIZE, SHA256)] * 2
    assert server.sent == SIZE
    waiting = f"waiting for another process that downloads {target}"
    assert [waiting in context.messages for context in contexts].count(True) == 1


def test_no_room(target, monkeypatch):
    with serving(CONTENT, Answer(cut=5000)) as server:
        monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 1000}))
        with pytest.raises(StorageError) as caught:
            fetch(server.url, target)
    assert str(caught.value) == (
        f"{target.parent}: expected room for {SIZE / 1e6:.1f} MB, found: 0.0 MB free; free some or "
        "choose another folder with --data-dir, then run the same command again"
    )


def test_a_disk_that_fills_up(target, monkeypatch):
    def full(part, data):
        raise OSError(28, "No space left on device")

    with serving(CONTENT) as server:
        with monkeypatch.context() as context:
            context.setattr(Part, "write", full)
            with pytest.raises(StorageError, match=r"expected room for 0.1 MB, found: No space le"):
                fetch(server.url, target)
        is_there(target, fetch(server.url, target))


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=r"file: expected a folder that can be written, found: "):
        fetch("http://127.0.0.1:1/x", tmp_path / "file" / "x")


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
