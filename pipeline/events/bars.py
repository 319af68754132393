"""BarReporter: a terminal. While a stage runs, one line changes; what stays is one line a stage.

tqdm draws the bars. It is imported when the first bar opens, so that a run with everything cached
does without it.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipeline.events.console import DIM
from pipeline.events.lines import LineReporter
from pipeline.events.progress import AT_ONCE, facts

WITHOUT_TOTAL = "{desc:<12} {facts}"


def with_total(length: int) -> str:
    """A line with a bar of some length: 7 characters more stand between its name and its facts."""
    return f"{{desc:<12}} {{bar:{length}}} {{percentage:3.0f}}%  {{facts}}"


class BarReporter(LineReporter):
    """Bars that vanish, lines that stay, and between bars the name of the stage that runs."""

    live = True

    def __init__(self, stream: Any, verbose: bool = False) -> None:
        super().__init__(stream, verbose)
        self._bars: list[Any] = []
        self._passing = ""  # the line that will be wiped out, where there is one
        self._why: dict[str, str] = {}

    def stage_started(self, stage: str, reason: str, fingerprint: str = "") -> None:
        with self.lock:
            self._why[stage] = reason
            self._say_running()

    def stage_finished(
        self, stage: str, status: str, seconds: float, reason: str, fingerprint: str = ""
    ) -> None:
        with self.lock:
            self._why.pop(stage, None)
            super().stage_finished(stage, status, seconds, reason)

    def progress(self, label: str, total: int | None = None, unit: str = "rows") -> Any:
        with self.lock:
            self._wipe()
            return self._bar(label, total, unit)

    def _bar(self, label: str, total: int | None, unit: str) -> Any:
        taken = {bar.place for bar in self._bars}
        place = next(number for number in range(len(taken) + 1) if number not in taken)
        bar = _bar_type()(
            desc=label,
            total=total,
            unit=unit,
            file=self._console,
            leave=False,
            ncols=self._console.columns - 1,
            nrows=1000,  # a terminal may say that it has no rows, and tqdm would show nothing
            miniters=1,
            bar_format=WITHOUT_TOTAL if total is None else with_total(20),
            smoothing=0.3 if unit == "B" else 0,  # a connection's speed changes, a processor's not
            position=place,
        )
        bar.place = place
        bar.on_close = self._closed
        self._bars.append(bar)
        return bar

    def close(self) -> None:
        with self.lock:
            self._why.clear()
            for bar in reversed(self._bars):
                bar.close()
            self._wipe()

    def _closed(self, bar: Any) -> None:
        with self.lock:
            self._bars = [other for other in self._bars if other is not bar]
            self._say_running()

    def _columns(self, name: str, status: str, took: str, reason: str) -> str:
        line = super()._columns(name, status, took, reason)
        head = len(f"{name:<12} {status:<6} {took:>11}  ")
        return line[:head] + self._console.paint(line[head:], DIM) if status == "ran" else line

    def _line(self, text: str) -> None:
        with self.lock:
            self._wipe()
            for bar in self._bars:
                bar.clear()
            super()._line(text)
            for bar in self._bars:
                bar.refresh()
            self._say_running()

    def _say_running(self) -> None:
        """Show the stage that runs, the one that began last, where no bar does."""
        if self._bars or not self._why:
            return
        self._wipe()
        stage, why = next(reversed(self._why.items()))
        line = self._console.fitting(super()._columns(stage, "runs", "", why))
        self._passing = line[: self._console.columns - 1]
        self._console.write(self._console.paint(self._passing, DIM))

    def _wipe(self) -> None:
        if self._passing:
            self._console.write("\r" + " " * len(self._passing) + "\r")
            self._passing = ""


@functools.cache
def _bar_type() -> type:
    """A tqdm with our facts beside the bar. It needs no monitor thread and no process lock."""
    from tqdm.std import tqdm

    if TYPE_CHECKING:  # its stubs have a parameter that it has not
        Base = tqdm[Any]
    else:
        Base = tqdm

    class Bar(Base):
        monitor_interval = 0
        _lock = threading.RLock()
        note, closed = "", False
        on_close: Callable[[Any], None]
        _time: Callable[[], float]

        def advance(self, amount: int = 1, note: str = "") -> None:
            self.note = note or self.note
            if self.disable or self._time() - self.start_t > AT_ONCE:
                self.update(amount)
            else:
                self.n += amount
                self.initial = self.last_print_n = self.n
                self.refresh()

        def close(self) -> None:
            super().close()
            if not self.closed:  # tqdm closes once more when it is deleted
                self.closed = True
                self.on_close(self)

        @property
        def format_dict(self) -> dict[str, Any]:
            values = dict(super().format_dict)
            done, total, elapsed = values["n"], values["total"], values["elapsed"]
            speed = values["rate"] or (done - values["initial"]) / max(elapsed, 1e-9)
            columns = self.fp.columns - 1  # the window may have changed
            width = max(columns - len(f"{self.desc:<12} "), 0)
            if total is not None:
                length = min(max(columns // 6, 4), 20)
                values["bar_format"] = with_total(length)
                width = max(width - length - 7, 0)
            text = facts(done, total, self.unit, speed, self.note, width)
            return values | {"facts": text, "ncols": columns}

    return Bar
