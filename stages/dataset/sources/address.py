"""Address: a URL that may hold secrets, and what of it anybody may see.

As text, an `Address` is its public form: without user and password, and with a digest in place of
the query, in which tokens stand. That is what manifests, logs and messages get. The digest keeps
two queries apart, which may well name two files. `full` is what is asked for.
"""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import unquote_to_bytes, urlsplit, urlunsplit


class Address(str):
    """The public form of a URL, with the URL itself as `full`. An address of an address is it."""

    full: str

    def __new__(cls, url: str) -> Address:
        full = url.full if isinstance(url, Address) else url
        self = super().__new__(cls, _public(full))
        self.full = full
        return self

    def __getnewargs__(self) -> tuple[str]:
        return (self.full,)

    @property
    def host(self) -> str:
        """The name of the host, with the port where the URL has one."""
        return urlsplit(self).netloc

    @property
    def target(self) -> str:
        """The URL to ask for: without user and password, which go into a header."""
        parts = urlsplit(self.full)
        return urlunsplit(parts._replace(netloc=self.host, fragment=""))

    @property
    def authorization(self) -> str | None:
        """The header for user and password (Basic, RFC 7617); None where the URL has none."""
        user, at, _ = urlsplit(self.full).netloc.rpartition("@")
        if not at:
            return None
        pair = b":".join(unquote_to_bytes(part) for part in user.partition(":")[::2])
        return "Basic " + base64.b64encode(pair).decode()


def file_name(url: Address) -> str:
    """A file name for what is at `url`: its last part, made plain, after some digits of its own."""
    last = re.sub(r"[^A-Za-z0-9._-]+", "-", urlsplit(url).path.rsplit("/", 1)[-1])[-80:]
    return f"{hashlib.sha256(url.encode()).hexdigest()[:8]}-{last or 'archive'}"


def hidden(text: str) -> str:
    """What may be shown of a text that was meant as a URL, and cannot be read as one."""
    scheme, _, rest = text.partition("://")
    rest = rest.rpartition("@")[2]
    return f"{scheme}://{rest.partition('?')[0]}" + "?…" * ("?" in rest)


def _public(url: str) -> str:
    parts = urlsplit(url)
    query = hashlib.sha256(parts.query.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, query if parts.query else "", ""))
