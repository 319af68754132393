"""A real headless Chromium, driven over a pipe with the standard library alone.

https://chromedevtools.github.io/devtools-protocol/: JSON messages, each ended by a NUL, read by the
browser from file descriptor 3 and written to 4.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)  # fmt: skip
# Becomes the browser, with two descriptors, whatever their numbers, as 3 and 4.
LAUNCH = """if True:
    import fcntl, os, sys
    pipes = [fcntl.fcntl(int(n), fcntl.F_DUPFD, 10) for n in sys.argv[1:3]]
    for number, pipe in enumerate(pipes, 3):
        os.dup2(pipe, number)
    os.execv(sys.argv[3], sys.argv[3:])"""


def find() -> str | None:
    """The browser's program; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """A tab. `events` holds what the browser has said of its own accord."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back, self._rest = to, back, b""
        self._number, self._session = 0, None
        self.events: list[dict[str, Any]] = []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **given: Any) -> dict[str, Any]:
        """Ask for something and wait for the answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": given}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        while True:
            found = self._message()
            if found.get("id") == self._number:
                if "error" in found:
                    raise RuntimeError(f"{method}: {found['error']}")
                return found["result"]
            self.events.append(found)

    def _message(self, within: float = 300) -> dict[str, Any]:
        end = time.monotonic() + within
        while b"\0" not in self._rest:
            if not select.select([self._back], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            data = os.read(self._back, 1 << 20)
            if not data:
                raise RuntimeError("the browser has ended")
            self._rest += data
        message, self._rest = self._rest.split(b"\0", 1)
        return json.loads(message)

    def resize(self, width: int, height: int = 900, scale: float = 1) -> None:
        """Make the window so wide and high, in CSS pixels."""
        self("Emulation.setDeviceMetricsOverride", width=width, height=height,
             deviceScaleFactor=scale, mobile=width < 600)  # fmt: skip

    def media(self, kind: str = "screen", scheme: str = "light") -> None:
        """Show the page as on a screen or in print, in light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self("Emulation.setEmulatedMedia", media=kind, features=features)

    def scripts(self, on: bool) -> None:
        """Let pages run scripts, or not."""
        self("Emulation.setScriptExecutionDisabled", value=not on)

    def open(self, path: Path) -> None:
        """Load a file and wait until all of it is there."""
        self.events.clear()
        self("Page.navigate", url=path.resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._message())

    def evaluate(self, script: str) -> Any:
        """The value of a script, or of the promise that it gives, as JSON."""
        found = self("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(json.dumps(found["exceptionDetails"])[:2000])
        return found["result"].get("value")

    def shot(self) -> bytes:
        """The whole page as a PNG file."""
        found = self("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(found["data"])

    def screenshot(self, place: Path) -> None:
        """Write the whole page as a PNG file."""
        place.write_bytes(self.shot())

    def pdf(self, place: Path) -> None:
        """The page as it is printed."""
        found = self("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        place.write_bytes(base64.b64decode(found["data"]))

    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened, but for its own."""
        sent = [e["params"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        urls = [one["request"]["url"] for one in sent if one.get("type") != "Document"]
        return [url for url in urls if not url.startswith("data:")]

    def complaints(self) -> list[str]:
        """What was written to the console, and errors, since the page was opened."""
        kinds = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
        return [json.dumps(e["params"]) for e in self.events if e.get("method") in kinds]


@contextmanager
def browser(program: str) -> Iterator[Page]:
    """A browser with one tab; it is ended with the block, and nothing of it stays."""
    (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()
    home = tempfile.mkdtemp(prefix="page-")
    words = [sys.executable, "-c", LAUNCH, f"{their_in}", f"{their_out}", program]
    process = subprocess.Popen(
        [*words, *FLAGS, f"--user-data-dir={home}"],
        pass_fds=(their_in, their_out),
        env={**os.environ, "HOME": home},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(their_in)
    os.close(their_out)
    try:
        page = Page(our_out, our_in)
        yield page
        with suppress(Exception):
            page._session = None
            page("Browser.close")
    finally:
        os.close(our_out)
        os.close(our_in)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(home, ignore_errors=True)
