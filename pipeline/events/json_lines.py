"""One JSON object a line, for programs: "seconds" since the start, "event", and its fields."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from pipeline.events.console import Console
from pipeline.events.event import Event, EventReporter


class JsonReporter(EventReporter):
    """Writes each event to a stream. Progress shows at most every `interval` seconds."""

    def __init__(
        self, stream: Any, interval: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(self._write, interval)
        self._console, self.clock, self._start = Console(stream), clock, clock()

    def _write(self, event: Event) -> None:
        seconds = round(self.clock() - self._start, 6)
        # ASCII: nothing that a stream's encoding could change.
        line = json.dumps({"seconds": seconds, "event": event.kind, **event.fields})
        self._console.write(line + "\n")
