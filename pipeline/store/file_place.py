"""File place: a folder or a bucket behind fsspec: what is asked of it, and what goes wrong.

Some libraries wait for minutes for somebody who is silent. So the first answer is waited for a
bounded time: that is while a plan is made, and nothing has begun yet.
"""

from __future__ import annotations

import os
import re
import secrets
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.store.reach import PATIENCE, reaching, within

INSTALL = "pip install 'cifar-pipeline[remote]'"
_OURS = ("s3:", "s3a:")  # what the extra brings packages for
_PROTOCOL = re.compile(r"^\s*[A-Za-z][A-Za-z0-9+.-]*:(//)?")
_NO_ADDRESS = re.compile("[A-Za-z][A-Za-z0-9+.-]+:(?!//|:)")  # "s3:/bucket"


class FilePlace:
    """A place at an address of fsspec's; `root` is what its paths begin with.

    Raises `ConfigError` where the address has no meaning, or a package for it is missing. Methods
    raise `RemoteError` where it is out of reach, and `FileNotFoundError`.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._has_answered = False
        self._trouble: Exception | None = None
        self._fs, root = self._connected()
        self.root = root.rstrip("/")
        protocol = getattr(self._fs, "protocol", ())
        self._is_local = "file" in (protocol if isinstance(protocol, tuple) else (protocol,))
        if hasattr(self._fs, "retries"):
            self._fs.retries = 2  # of s3fs: without it, to notice that nobody answers takes long

    def _connected(self) -> tuple[Any, str]:
        expected = "--remote: expected an address such as s3://bucket/prefix or a folder, found"
        if not _PROTOCOL.sub("", self.address).strip("/ "):
            found = self.address.strip() or "nothing"
            raise ConfigError(f"{expected} {found}; leave it away for none")
        if _NO_ADDRESS.match(self.address):
            raise ConfigError(
                f"{expected} {self.address}; an address has ://, and a folder of this name is "
                f"./{self.address}"
            )
        try:
            from fsspec.core import url_to_fs

            connected: tuple[Any, str] = within(
                PATIENCE, partial(url_to_fs, self.address, use_listings_cache=False)
            )
            return connected
        except ImportError as error:
            ours = self.address.lower().startswith(_OURS) or "fsspec" in str(error)
            raise ConfigError(
                f"--remote {self.address}: expected a package that can reach it, found none "
                f"({error}); install it{f': {INSTALL}' if ours else ' with pip'}"
            ) from None
        except ValueError as error:
            raise ConfigError(f"{expected} {self.address} ({error})") from None
        except Exception as error:  # some connect at once
            self._trouble = error
            return None, ""

    def ask(self, method: str, path: str, **given: Any) -> Any:
        """What a method of fsspec's gives back that only reads."""
        with reaching(self.address):
            if self._trouble is not None:
                raise self._trouble
            call = partial(getattr(self._fs, method), path, **given)
            if self._has_answered:
                return call()
            try:
                found = within(PATIENCE, call)
            except (FileNotFoundError, NotADirectoryError):  # which is an answer
                self._has_answered = True
                raise
            self._has_answered = True
            return found

    def fetch(self, path: str, place: Path) -> None:
        """Write a file that is there to `place`."""
        with reaching(self.address):
            self._fs.get_file(path, str(place))

    def put(self, path: str, content: Path | bytes) -> None:
        """Write a file: whole, or not at all, as object stores do; a folder by a rename."""
        with reaching(self.address, writing=True):
            target = f"{path}.{secrets.token_hex(8)}.part" if self._is_local else path
            if self._is_local:
                os.makedirs(os.path.dirname(path), exist_ok=True)
            if isinstance(content, bytes):
                self._fs.pipe_file(target, content)
            else:
                self._fs.put_file(str(content), target)
            if self._is_local:
                os.replace(target, path)
