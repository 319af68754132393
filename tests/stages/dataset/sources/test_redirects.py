"""Redirects are followed, to no other protocol and no less safe one."""

from __future__ import annotations

import io
import time
import urllib.error
import urllib.request

import pytest

from stages.dataset.sources import connection
from stages.dataset.sources.limits import Limits, PermanentError
from tests.stages.dataset.sources.transfers import (
    CONTENT,
    SIZE,
    failure,
    fetch,
    is_there,
)
from tests.stages.http_server import Answer, serving


def test_redirects_are_followed(target):
    with serving(CONTENT, Answer(cut=5000)) as there, serving(b"") as here:
        moved = Answer(status=302, headers={"Location": there.url}, body=b"")
        here.answers = [moved, moved]
        is_there(target, fetch(here.url, target))
        assert there.requests[1]["Range"] == "bytes=5000-"
        deadline = time.monotonic() + 10  # the server counts when it has sent all
        while there.sent != SIZE and time.monotonic() < deadline:
            time.sleep(0.01)
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
