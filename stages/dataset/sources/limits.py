"""Limits: whatever a server sends, and in whatever part of the protocol, a download ends.

Python's `http.client` skips any number of `100 Continue` answers, reads any amount of trailers and
waits anew for each byte; so what it reads is counted, and timed, below it, at the socket:

    time     a download that gains no 20 kB within 40 seconds is given up, in however many answers
             and at however many addresses of its host; so all is over within a minute, for it takes
             seconds on a busy machine to start, to answer and to end
    bytes    what is not content (headers, trailers, sizes of chunks) has at most half a megabyte
             more than there is content
"""

from __future__ import annotations

import time

PATIENCE = 40.0  # seconds
GAIN = 20_000  # bytes of content
OVERHEAD = 500_000  # bytes; some of them may be content that is not handed on yet


class TransientError(Exception):
    """The attempt failed in a way that another may not. A server's words are made printable."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(printable(message))
        self.retry_after = retry_after


class PermanentError(Exception):
    """The attempt failed in a way that another will, too. A server's words are made printable."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class Limits:
    """What one download may take, over all its attempts.

    `timeout` seconds may pass without a byte; `there` bytes of content are there already.
    """

    def __init__(self, timeout: float, there: int = 0) -> None:
        self.timeout = timeout
        self.seconds = PATIENCE
        self._since, self._furthest = time.monotonic(), there
        self._read = self._content = 0

    def left(self) -> float:
        """The seconds that are left until the next gain; never below 0."""
        return max(self._since + self.seconds - time.monotonic(), 0.0)

    def wait(self) -> float:
        """The seconds that an operation may take. Raises `PermanentError` where none are left."""
        if not self.left():
            raise PermanentError(f"gave less than {GAIN:,} bytes within {self.seconds:g} seconds")
        return min(self.timeout, self.left())

    def content(self, count: int, all: int) -> None:
        """So many bytes of content have come, and `all` are there: it is a gain to have more."""
        self._content += count
        if all >= self._furthest + GAIN:
            self._since, self._furthest = time.monotonic(), all

    def begin(self) -> None:
        """A further answer begins; what it may send beside content is counted anew."""
        self._read = self._content = 0

    def read(self, count: int) -> None:
        """So many bytes have come from the socket. Raises `PermanentError` where they are many."""
        self._read += count
        if self._read > OVERHEAD + 2 * self._content:
            raise PermanentError(f"sent more than {OVERHEAD:,} bytes that are not content")


def printable(text: str) -> str:
    """Text from outside in one line, whose control characters a terminal would obey."""
    line = " ".join(text.split())[:500]
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
