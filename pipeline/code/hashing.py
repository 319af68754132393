"""Short hashes of texts. On its own, for most commands need this and none of the syntax trees."""

from __future__ import annotations

import hashlib


def short_hash(text: str) -> str:
    """The first 64 bits of the SHA-256 of a text, as 16 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
