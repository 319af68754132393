"""Request: one attempt to receive what is missing of a file over HTTP.

Asks for the rest by byte range (RFC 9110, section 14) on the condition that the version is still
the one that the part is of (If-Range, section 13.1.5), and believes no answer more than it must.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from pipeline.context import Context
from stages.dataset.formats.known import HEAD, what_else
from stages.dataset.sources.disk import megabytes, writing
from stages.dataset.sources.part import Part

BLOCK = 1 << 18
LARGEST = 1 << 36  # bytes of a file
PASSING = (408, 425, 429)  # refusals that do not last; as those from 500 on
_RANGE = re.compile(r"bytes (?:(\d{1,18})-\d{1,18}|\*)/(\d{1,18}|\*)")


class Interrupted(Exception):
    """The attempt failed in a way that another may not."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(Exception):
    """The attempt failed in a way that another will, too."""


def host_of(url: str) -> str:
    """The part of a URL that names the host."""
    return urlsplit(url).netloc.rpartition("@")[2]


def receive(url: str, part: Part, *, known: bool, timeout: float, context: Context) -> None:
    """Receive what `part` is missing of `url`.

    `known` says that the whole file's digest is known, so that bytes of an uncertain version may
    be kept. Raises `Interrupted` or `Refused`, and `StorageError` where the part cannot be
    written. Returns when all is there, or, where the server does not say how much that is, when
    the connection ends in good order.
    """
    same = part.url == url and part.validator is not None
    resumable = part.received > 0 and (same or known)
    if resumable and part.complete:
        return
    headers = {"User-Agent": "cifar-pipeline", "Accept-Encoding": "identity"}
    if resumable:
        headers["Range"] = f"bytes={part.received}-"
        if same:
            headers["If-Range"] = part.validator
    with _open(url, headers, timeout) as response:
        if response.status == 416:
            _beyond(response, part)
        elif response.status == 206 and resumable:
            _continue(response, part, part.url == url)
            _body(response, part, context)
        elif response.status == 200:
            _begin(response, part, url)
            _body(response, part, context)
        else:
            raise Refused(f"answered HTTP {response.status} {response.reason}")


def _open(url: str, headers: dict[str, str], timeout: float) -> Any:
    import http.client  # here and not above: only a download needs these, and they are slow
    import ssl
    import urllib.error
    import urllib.request

    try:
        return _opener().open(urllib.request.Request(url, headers=headers), timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            return error
        error.close()
        answer = f"answered HTTP {error.code} {error.reason}".splitlines()[0]
        if error.code in PASSING or error.code >= 500:
            raise Interrupted(answer, _seconds(error.headers.get("Retry-After"))) from error
        raise Refused(answer) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise Refused(f"its certificate is not valid: {error.reason.verify_message}") from error
        raise Interrupted(f"cannot be reached: {_words(error.reason)}") from error
    except ValueError as error:
        raise Refused(f"is no valid address: {error}") from error
    except (OSError, http.client.HTTPException) as error:
        raise Interrupted(f"does not answer: {_words(error)}") from error


def _opener() -> Any:
    """Opens URLs, and follows redirects to no other protocol and to no less safe one."""
    import urllib.error
    import urllib.request

    class Redirects(urllib.request.HTTPRedirectHandler):
        def redirect_request(
            self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
        ) -> Any:
            fp.close()  # or else urllib reads all of an answer that may have no end
            scheme = urlsplit(newurl).scheme.lower()
            if scheme not in ("http", "https") or (scheme == "http" and req.type == "https"):
                words = f"Found - Redirection to {newurl!r:.200} is not allowed"
                raise urllib.error.HTTPError(req.full_url, code, words, headers, fp)
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    return urllib.request.build_opener(Redirects)


def _seconds(retry_after: str | None) -> float | None:
    """The seconds in a Retry-After header (RFC 9110, section 10.2.3); None where it has none."""
    if not retry_after:
        return None
    if re.fullmatch(r"[0-9]{1,18}", retry_after.strip()):
        return float(retry_after)
    import time
    from email.utils import parsedate_to_datetime

    try:
        return max(parsedate_to_datetime(retry_after).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None


def _words(error: Any) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__).splitlines()[0]


def _beyond(response: Any, part: Part) -> None:
    """The server has no byte after those received: then they are all, or of something else."""
    if _range(response)[1] != part.received:
        part.restart()
        raise Interrupted("has another version than the one that was received in part")
    part.size = part.received


def _continue(response: Any, part: Part, same_url: bool) -> None:
    """See that the bytes to come are those that are missing. Hosts have versions of their own."""
    start, total = _range(response)
    etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    versions = ((etag, part.etag), (not etag and modified, part.modified)) if same_url else ()
    if (
        start != part.received
        or (total is not None and part.size is not None and total != part.size)
        or any(theirs and ours and theirs != ours for theirs, ours in versions)
    ):
        part.restart()
        raise Interrupted("answered with other bytes than the missing ones")
    part.size = part.size if total is None else total
    part.resumed = True


def _range(response: Any) -> tuple[int | None, int | None]:
    """First byte and size of the whole, of a Content-Range header; None where it does not tell."""
    match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    start, total = match.groups() if match else (None, "*")
    return start and int(start), None if total == "*" else int(total)


def _begin(response: Any, part: Part, url: str) -> None:
    length = response.headers.get("Content-Length", "").strip()
    size = int(length) if re.fullmatch(r"[0-9]{1,18}", length) else None
    if response.headers.get_content_type() == "text/html":
        raise Refused("answered with a web page (HTML) instead of the file")
    if size is not None and size > LARGEST:
        raise Refused(f"answered with {megabytes(size)}, more than is accepted")
    part.restart(url, response.headers.get("ETag"), response.headers.get("Last-Modified"), size)


def _body(response: Any, part: Part, context: Context) -> None:
    left = None if part.size is None else part.size - part.received
    name = part.path.name.removesuffix(".part")
    with writing(part.path.parent, left or 0), context.progress(name, left, "B") as progress:
        head, at_start = b"", part.received == 0
        while block := _block(response, part):
            if at_start:  # before anything is kept, see that it is an archive at all
                head += block
                if len(head) < HEAD:
                    continue
                block, at_start = head, False
                _expect_archive(head)
            part.write(block)
            progress.advance(len(block))
            if part.received > LARGEST:
                raise Refused("answered with more than is accepted")
        if at_start and head:
            _expect_archive(head)
            part.write(head)
    if part.size is None and response.chunked:  # whose end is marked
        part.size = part.received
    if part.size is not None and part.received > part.size:
        part.restart()
        raise Interrupted("sent more bytes than it had announced")
    if part.size is not None and part.received < part.size:
        raise Interrupted(f"ended after {_progress(part)}")


def _block(response: Any, part: Part) -> bytes:
    import http.client

    try:
        return response.read1(BLOCK)
    except TimeoutError as error:
        raise Interrupted(f"fell silent after {_progress(part)}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Interrupted(f"broke off after {_progress(part)} ({_words(error)})") from error


def _progress(part: Part) -> str:
    return f"{part.received:,} of {'unknown' if part.size is None else f'{part.size:,}'} bytes"


def _expect_archive(head: bytes) -> None:
    if found := what_else(head[:HEAD]):
        raise Refused(f"answered with {found} instead of an archive")
