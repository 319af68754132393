"""Request: one attempt to receive what is missing of a file over HTTP.

Asks for the rest by byte range (RFC 9110, section 14) on the condition that the version is still
the one that the part is of (If-Range, section 13.1.5), and believes no answer more than it must.
"""

from __future__ import annotations

import re
from typing import Any

from pipeline.context import Context
from stages.dataset.formats.known import HEAD, what_else
from stages.dataset.sources.address import Address
from stages.dataset.sources.connection import open_url, words
from stages.dataset.sources.disk import megabytes, writing
from stages.dataset.sources.limits import Limits, PermanentError, TransientError
from stages.dataset.sources.part import Part

BLOCK = 1 << 18
LARGEST = 1 << 36  # bytes of a file
UNANNOUNCED = 1 << 29  # bytes of a file whose size the server does not say
_RANGE = re.compile(r"bytes (?:(\d{1,18})-\d{1,18}|\*)/(\d{1,18}|\*)")


def receive(url: Address, part: Part, *, known: bool, limits: Limits, context: Context) -> None:
    """Receive what `part` is missing of `url`, within `limits`.

    `known` says that the whole file's digest is known, so that bytes of an uncertain version may
    be kept. Raises `TransientError` or `PermanentError`, and `StorageError` where the part
    cannot be written. Returns when all is there, or, where the server does not
    say how much that is, when the connection ends in good order.
    """
    same = part.url == url and part.validator is not None
    resumable = part.received > 0 and (same or known)
    if resumable and part.complete:
        return
    headers = {"User-Agent": "cifar-pipeline", "Accept-Encoding": "identity"}
    if resumable:
        headers["Range"] = f"bytes={part.received}-"
        if same and part.validator is not None:
            headers["If-Range"] = part.validator
    with open_url(url, headers, limits) as response:
        if response.status == 416:
            _beyond(response, part)
        elif response.status == 206 and resumable:
            _continue(response, part, part.url == url)
            _body(response, part, limits, context)
        elif response.status == 200:
            _begin(response, part, url)
            _body(response, part, limits, context)
        else:
            raise PermanentError(f"answered HTTP {response.status} {response.reason}")


def _beyond(response: Any, part: Part) -> None:
    """The server has no byte after those received: then they are all, or of something else."""
    if _range(response)[1] != part.received:
        part.restart()
        raise TransientError("has another version than the one that was received in part")
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
        raise TransientError("answered with other bytes than the missing ones")
    part.size = part.size if total is None else total
    part.resumed = True


def _range(response: Any) -> tuple[int | None, int | None]:
    """First byte and size of the whole, of a Content-Range header; None where it does not say."""
    match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    start, total = match.groups() if match else (None, "*")
    return None if start is None else int(start), None if total == "*" else int(total)


def _begin(response: Any, part: Part, url: Address) -> None:
    length = response.headers.get("Content-Length", "").strip()
    size = int(length) if re.fullmatch(r"[0-9]{1,18}", length) else None
    if response.headers.get_content_type() == "text/html":
        raise PermanentError("answered with a web page (HTML) instead of the file")
    if size is not None and size > LARGEST:
        raise PermanentError(f"answered with {megabytes(size)}, more than is accepted")
    part.restart(url, response.headers.get("ETag"), response.headers.get("Last-Modified"), size)


def _body(response: Any, part: Part, limits: Limits, context: Context) -> None:
    most = UNANNOUNCED if part.size is None else LARGEST
    left = None if part.size is None else part.size - part.received
    name = part.path.name.removesuffix(".part")
    with writing(part.path.parent, left or 0), context.progress(name, left, "B") as progress:
        head, at_start = b"", part.received == 0
        while block := _block(response, part):
            limits.content(len(block), part.received + len(head) + len(block))
            if at_start:  # before anything is kept, see that it is an archive at all
                head += block
                if len(head) < HEAD:
                    continue
                block, at_start = head, False
                _expect_archive(head)
            part.write(block)
            progress.advance(len(block))
            if part.received > most:
                raise PermanentError(f"answered with more than {megabytes(most)}")
        if at_start and head:
            _expect_archive(head)
            part.write(head)
    if part.size is None and response.chunked:  # whose end is marked
        part.size = part.received
    if part.size is not None and part.received > part.size:
        part.restart()
        raise TransientError("sent more bytes than it had announced")
    if part.size is not None and part.received < part.size:
        raise TransientError(f"ended after {_progress(part)}")


def _block(response: Any, part: Part) -> bytes:
    import http.client

    try:
        found: bytes = response.read1(BLOCK)
        return found
    except TimeoutError as error:
        raise TransientError(f"fell silent after {_progress(part)}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise TransientError(f"broke off after {_progress(part)} ({words(error)})") from error


def _progress(part: Part) -> str:
    return f"{part.received:,} of {'unknown' if part.size is None else f'{part.size:,}'} bytes"


def _expect_archive(head: bytes) -> None:
    if found := what_else(head[:HEAD]):
        raise PermanentError(f"answered with {found} instead of an archive")
