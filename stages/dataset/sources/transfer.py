"""Transfer: a file over HTTP that arrives whole, or says how to go on.

    wait for the lock ─▶ there already? ─▶ attempts, each for what is missing ─▶ verify ─▶ name it

What an attempt received is kept (`part.py`), and the next asks for the rest (`request.py`). An
attempt that brought something is followed by another; one that brought nothing, by one at the next
host after a delay that grows; a host that refuses for good is asked no more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.context import QUIET, Context
from pipeline.errors import DataError
from pipeline.store.files import File, identify
from stages.dataset.sources.address import Address
from stages.dataset.sources.disk import alone, megabytes, publish, writing
from stages.dataset.sources.limits import Limits, PermanentError, TransientError
from stages.dataset.sources.part import Part
from stages.dataset.sources.request import receive

DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 16.0)  # seconds before further attempts
TIMEOUT = 30.0  # seconds without a byte

Check = Callable[[Path, str], None]


def fetch(
    urls: Sequence[str],
    target: Path,
    *,
    sha256: str | None = None,
    check: Check = lambda path, name: None,
    delays: Sequence[float] = DELAYS,
    timeout: float = TIMEOUT,
    context: Context = QUIET,
) -> File:
    """Bring `target` from the first of `urls` (all of the same file) that gives it.

    The file must have the SHA-256 given; without one, `check(path, name)` must not raise
    `DataError`. A file that is there already and is right is not fetched again. Of several
    processes, one transfers and the others wait for it. Raises `DataError` where no host gives the
    file (what was received is kept) and `StorageError` where it cannot be written.
    """
    if target.exists():  # whole, for it has its name; and its folder may be one to read only
        return _there(target, sha256)
    with writing(target.parent, 0), alone(target, "downloads", context):
        if target.exists():
            return _there(target, sha256)
        with Part(target) as part:
            addresses = [Address(url) for url in urls]
            limits = Limits(timeout, part.received)
            return _attempt(addresses, part, target, sha256, check, delays, limits, context)


def _there(target: Path, sha256: str | None) -> File:
    file = identify(target).files[0]
    if sha256 not in (None, file.sha256):
        raise DataError(
            f"{target}: expected SHA-256 {sha256}, found {file.sha256}; remove the file to "
            "download it again, or name it with --source to use it as it is"
        )
    return file


def _attempt(
    urls: list[Address],
    part: Part,
    target: Path,
    sha256: str | None,
    check: Check,
    delays: Sequence[float],
    limits: Limits,
    context: Context,
) -> File:
    """Attempt after attempt until the file is there or nothing more can be hoped for."""
    said: dict[str, str] = {}  # the last failure at each host
    attempts, in_vain, furthest = 0, 0, part.received
    if part.received:
        context.info(f"{target.name}: {megabytes(part.received)} are there, resuming from them")
    while urls and in_vain <= len(delays) and limits.left():
        url, wait, attempts = urls[in_vain % len(urls)], 0.0, attempts + 1
        try:
            try:
                receive(url, part, known=sha256 is not None, limits=limits, context=context)
            except (TransientError, PermanentError):
                if part.sha256 != sha256:  # or else it announced too much, and all is there
                    raise
            _verify(part, target, sha256, check)
        except PermanentError as refusal:
            said[url.host] = str(refusal)
            urls.remove(url)
        except TransientError as interruption:
            said[url.host] = str(interruption)
            in_vain = 0 if part.received > furthest else in_vain + 1
            asked = interruption.retry_after or 0.0
            if delays and in_vain <= len(delays):
                wait = delays[max(in_vain - 1, 0)]
            if asked > limits.left():
                said[url.host] += f" and asks to be left alone for {asked:,.0f} seconds"
                urls.remove(url)
            wait = max(wait, asked) if url in urls else 0.0
        else:
            publish(part.file, part.path, target)
            part.forget_record()
            return File(target.absolute(), part.received, part.sha256)
        furthest = max(furthest, part.received)
        if wait and in_vain <= len(delays):
            context.info(f"{target.name}: {url.host} {said[url.host]}; again in {wait:g} s")
            time.sleep(min(wait, limits.left()))
    raise DataError(_given_up(target, part, said, attempts))


def _verify(part: Part, target: Path, sha256: str | None, check: Check) -> None:
    """Let a part pass that is the file. One that is not is removed; or kept, if it may be cut."""
    try:
        if sha256 is None:
            check(part.path, target.name)
        elif part.sha256 != sha256:
            raise DataError(f"expected SHA-256 {sha256}, found {part.sha256}")
    except DataError as error:
        found = f"sent a file that is not the right one ({error})"
        if not part.complete:
            raise TransientError(
                f"ended without saying how much is to come, and {found}"
            ) from error
        resumed = part.resumed
        part.restart()
        if resumed:  # perhaps of two versions: once more from the start
            raise TransientError(found) from error
        raise PermanentError(found) from error


def _given_up(target: Path, part: Part, said: dict[str, str], attempts: int) -> str:
    tried = "; ".join(f"{host} {words}" for host, words in said.items())
    kept = "nothing was received"
    if part.received:
        kept = f"{part.received:,} bytes are kept in {part.path}"
        kept += f" of {megabytes(part.size)}" if part.size else ""
    return (
        f"{target.name} could not be downloaded in {attempts} attempt{'s' * (attempts > 1)}: "
        f"{tried}; {kept}; run the same command again to go on, or use --source PATH with a copy "
        "from elsewhere, or --source synthetic"
    )
