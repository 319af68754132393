"""Progress: a task's counts, how often they are shown, and as what people read them."""

from __future__ import annotations

from collections.abc import Callable

# Units that are done when a task opens (a resumed download) come at once: they are no measure of
# the speed.
AT_ONCE = 0.05


class Meter:
    """A task under way, shown at most every `interval` seconds and, with `last`, when it ends."""

    def __init__(
        self,
        label: str,
        total: int | None,
        unit: str,
        show: Callable[[Meter], None],
        interval: float,
        clock: Callable[[], float],
        last: bool = False,
    ) -> None:
        self.label, self.total, self.unit = label, total, unit
        self.done, self.note = 0, ""
        self._show, self._interval, self._clock, self._last = show, interval, clock, last
        self._opened = self._shown = clock()
        self._initial = self._shown_done = 0

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._last and self.done != self._shown_done:
            self._show(self)

    def advance(self, amount: int = 1, note: str = "") -> None:
        """Say that `amount` more units are done."""
        now = self._clock()
        self.done += amount
        self.note = note or self.note
        if now - self._opened < AT_ONCE:
            self._initial = self.done
        if now - self._shown >= self._interval:
            self._shown, self._shown_done = now, self.done
            self._show(self)

    def facts(self, width: int | None = None) -> str:
        """How far it is: how much is done, how fast, how long it will take, and the note."""
        speed = (self.done - self._initial) / max(self._clock() - self._opened, 1e-9)
        share = f"{self.done / self.total:.0%}, " if self.total else ""
        left = None if width is None else width - len(share)
        return share + facts(self.done, self.total, self.unit, speed, self.note, left)


def duration(seconds: float, digits: int = 2) -> str:
    """ "1.24 s", "2 min 05 s", "1 h 02 min"."""
    if seconds < 100:
        return f"{seconds:.{digits}f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def facts(
    done: int, total: int | None, unit: str, speed: float, note: str, width: int | None = None
) -> str:
    """How far a task is: how much is done, how fast (units a second), what is left, and `note`.

    The unit "B" is bytes. What is unknown is left out, and the speed where there is a note. Where
    that is longer than `width`, what is done goes first, then the speed and the ends of the note.
    """
    left = ""
    if total and speed > 0:
        left = f"{duration(max(total - done, 0) / speed, 0)} left"
    how_fast = "" if note else _speed(speed, unit)
    parts = list(filter(None, (_amount(done, total, unit), how_fast, left, *note.split(", "))))
    if width is not None:
        if total and left and len(", ".join(parts)) > width:
            parts = [part for part in parts[1:] if part != how_fast]
        while len(parts) > 1 and len(", ".join(parts)) > width:
            parts.pop()
    return ", ".join(parts)[:width]


def _amount(done: int, total: int | None, unit: str) -> str:
    if unit != "B":
        return f"{done:,} {unit}" if total is None else f"{done:,}/{total:,} {unit}"
    size, name = _scale(done if total is None else total)
    known = "" if total is None else f"/{total / size:.1f}"
    return f"{done / size:.1f}{known} {name}"


def _speed(speed: float, unit: str) -> str:
    if speed < 1:
        return ""
    if unit != "B":
        return f"{speed:,.0f} {unit}/s"
    size, name = _scale(speed)
    return f"{speed / size:.1f} {name}/s"


def _scale(size: float) -> tuple[int, str]:
    power = 0
    while size >= 1000 and power < 4:
        size, power = size / 1024, power + 1
    return 1024**power, ("B", "KiB", "MiB", "GiB", "TiB")[power]
