"""Part: what has been received of a file, and of which version of it.

`NAME.part` holds the bytes, written as they come and without a buffer, so that a killed program
loses none; `NAME.part.json` says what they are part of. The record is written before the first
byte that it describes, and the bytes of another version are gone before that.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Self

BLOCK = 1 << 20


class Part:
    """A file that is being received. `size` is the whole file's, in bytes, None while unknown."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(target.name + ".part")
        self._record = target.with_name(target.name + ".part.json")

    def __enter__(self) -> Self:
        self.file = open(self.path, "a+b", 0)
        self._hash, self.received = hashlib.sha256(), 0
        self.file.seek(0)
        while block := self.file.read(BLOCK):
            self._hash.update(block)
            self.received += len(block)
        record = self._read() if self.received else {}
        self.url: str | None = record.get("url")
        self.etag: str | None = record.get("etag")
        self.modified: str | None = record.get("modified")
        self.size: int | None = record.get("size")
        self.resumed = self.received > 0  # whether its bytes came in more than one answer
        return self

    def __exit__(self, *exception: object) -> None:
        self.file.close()

    @property
    def complete(self) -> bool:
        """Whether all bytes are there, as far as the size is known."""
        return self.received == self.size

    @property
    def sha256(self) -> str:
        """The digest of what is there."""
        return self._hash.hexdigest()

    @property
    def validator(self) -> str | None:
        """What identifies this version (RFC 9110, 8.8): a strong ETag, or the date."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified

    def restart(
        self,
        url: str | None = None,
        etag: str | None = None,
        modified: str | None = None,
        size: int | None = None,
    ) -> None:
        """Forget the bytes, and begin to receive this version."""
        self.file.truncate(0)
        self._hash, self.received, self.resumed = hashlib.sha256(), 0, False
        self.url, self.etag, self.modified, self.size = url, etag, modified, size
        record = {"url": url, "etag": etag, "modified": modified, "size": size}
        temporary = self._record.with_name(self._record.name + ".new")
        temporary.write_text(json.dumps(record), "utf-8")
        temporary.replace(self._record)

    def write(self, data: bytes) -> None:
        """Add what was received."""
        rest = memoryview(data)
        while rest:
            count = self.file.write(rest)
            self._hash.update(rest[:count])
            self.received += count
            rest = rest[count:]

    def forget_record(self) -> None:
        """Remove the record, once the file has its name."""
        self._record.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any]:
        """The record; an empty one where there is none, or one that this class does not write."""
        try:
            record = json.loads(self._record.read_text("utf-8"))
            texts = [record[key] for key in ("url", "etag", "modified")]
            size = record["size"]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return {}
        good = all(text is None or isinstance(text, str) for text in texts)
        return record if good and (size is None or type(size) is int) else {}
