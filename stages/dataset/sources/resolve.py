"""Sources: what `--source` means on this machine, decided before anything is planned.

    auto       what lies in the data folder: the official archive, else the synthetic one; where
               neither does, `cifar10` if one of its hosts answers, else `synthetic`
    cifar10, …  official files: the names of `ORIGINS` (origin.py)
    synthetic  drawn shapes
    http(s)://…  a file somewhere else
    PATH       a file or a folder of any kind (paths.py): known by its content

Parameters that do not matter to the source found are put to None, so that they make nothing stale.
"""

from __future__ import annotations

import difflib
import re
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import ConfigError, DataError
from pipeline.store.files import DigestCache, Files, identify, is_sha256
from stages.dataset.formats.layout import shown
from stages.dataset.sources.address import Address, hidden
from stages.dataset.sources.origin import NAMES, OFFICIAL_NAME, OFFICIAL_URLS, ORIGINS
from stages.dataset.sources.paths import files_of_folder, is_array, partners
from stages.dataset.sources.synthetic import archive_name

ANSWER_WITHIN = 3.0  # seconds
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


class Offline(str):
    """The name of a source that `auto` came to because no network answered."""


def resolve_source(
    *,
    source: str | Files,
    sha256: str | None,
    data_dir: str,
    synthetic_size: int | None,
    label: str = "",
) -> dict[str, Any]:
    """The parameters of `download`, with `source` a dataset's name, an `Address` or `Files`.

    A second time, it changes nothing. Raises `ConfigError` and `DataError`.
    """
    if not data_dir:
        raise ConfigError("--data-dir: expected a folder, found nothing")
    if sha256 is not None:
        sha256 = _digits(sha256)
    if source == "auto":
        source = _auto(Path(data_dir), synthetic_size)
    if source in ORIGINS:
        digests = list(ORIGINS[source].files.values())
        if sha256 and len(digests) > 1:
            raise ConfigError(
                f"--sha256: expected a source of one file, found {source}, which has "
                f"{len(digests)}; leave --sha256 out"
            )
        sha256 = sha256 or (digests[0] if len(digests) == 1 else None)
    elif isinstance(source, str) and source != "synthetic" and is_url(source):
        source = Address(source)
    elif isinstance(source, str) and source != "synthetic":
        source, sha256 = _path(source, sha256, label, Path(data_dir)), None
    if not (isinstance(source, Address) and is_array(source)):
        label = ""
    elif label and is_url(label):
        label = Address(label)
    return {
        "source": source,
        "sha256": sha256,
        "data_dir": data_dir,
        "synthetic_size": synthetic_size if source == "synthetic" else None,
        "label": label,
    }


def is_url(source: str) -> bool:
    """Whether a source is a URL. Raises `ConfigError` where it is one that cannot be fetched."""
    match = _SCHEME.match(source)
    if not match:
        return False
    if isinstance(source, Address):
        return True
    try:
        parts = urlsplit(source)
        good = match[1].lower() in ("http", "https") and parts.hostname and parts.port != 0
        good = good and parts.netloc.count("@") < 2
    except ValueError:  # a port that is no number, an address with one bracket
        good = False
    if not good:
        raise ConfigError(
            f"--source: expected a URL like https://host/archive.tar.gz, found {hidden(source)!r}"
            + "; name a file by its path alone" * (match[1].lower() == "file")
        )
    return True


def expect_sha256(path: Path, expected: str | None, found: str) -> None:
    """Raise `DataError` where a digest is expected and another found."""
    if expected not in (None, found):
        raise DataError(
            f"{path}: expected SHA-256 {expected}, found {found}; get the file again, or correct "
            "--sha256"
        )


def _digits(sha256: str) -> str:
    digits = sha256.strip().lower()
    if not is_sha256(digits):
        raise ConfigError(f"--sha256: expected 64 hexadecimal digits, found {sha256!r}")
    return digits


def _auto(data_dir: Path, synthetic_size: int | None) -> str:
    if (data_dir / OFFICIAL_NAME).exists():
        return "cifar10"
    if synthetic_size is not None and (data_dir / archive_name(synthetic_size)).exists():
        return "synthetic"
    return "cifar10" if any_answers(OFFICIAL_URLS) else Offline("synthetic")


def any_answers(urls: Sequence[str], within: float = ANSWER_WITHIN) -> bool:
    """Whether the host of one of `urls`, or the proxy to it, takes a connection in time.

    Looking up a name may take longer than any time limit on it: hence threads that may be left.
    """
    import queue  # here and not above: most commands need none of these
    import socket
    import threading
    import urllib.request

    def try_one(url: str) -> None:
        try:
            parts = urlsplit(url)
            proxy = urllib.request.getproxies().get(parts.scheme)
            if proxy and not urllib.request.proxy_bypass(parts.hostname or ""):
                parts = urlsplit(proxy if "//" in proxy else f"//{proxy}")
            port = parts.port or {"https": 443}.get(parts.scheme, 80)
            socket.create_connection((parts.hostname, port), within).close()
            answers.put(True)
        except (OSError, ValueError):
            answers.put(False)

    answers: queue.SimpleQueue[bool] = queue.SimpleQueue()
    for url in urls:
        threading.Thread(target=try_one, args=(url,), daemon=True).start()
    end = time.monotonic() + within
    try:
        return any(answers.get(timeout=max(end - time.monotonic(), 0.001)) for _ in urls)
    except queue.Empty:
        return False


def _path(source: str, sha256: str | None, label: str, data_dir: Path) -> Files:
    if not source:
        raise _not_found(source, "nothing")
    try:
        path = Path(source).expanduser()
        is_folder = stat.S_ISDIR(path.stat().st_mode)
        names = sorted(entry.name for entry in path.iterdir()) if is_folder else []
    except (OSError, ValueError, RuntimeError) as error:
        raise _not_found(source, getattr(error, "strerror", None) or "no path") from error
    if is_folder:
        if sha256 is not None:
            raise ConfigError(
                f"--sha256: expected a file or a URL in --source, found the folder {path}; "
                "leave --sha256 out"
            )
        return files_of_folder(path, names, data_dir)
    cache = DigestCache(data_dir / ".digests.json")
    files = identify(path, *partners(path, label), cache=cache)
    expect_sha256(path, sha256, files.files[0].sha256)
    return files


def _not_found(source: str, why: str) -> DataError:
    near = difflib.get_close_matches(source, NAMES, 1)
    return DataError(
        f"--source: expected {', '.join(NAMES)}, a URL or a path, found {shown(source)} ({why}); "
        + (f"did you mean {near[0]}?" if near else "check the path")
    )
