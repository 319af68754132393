"""The charts of a training, or of several over each other: loss, accuracy, learning rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stages.commands.report.figures.chart import Chart, Line
from stages.commands.report.record import Record
from stages.commands.report.words import percent, short

TRAINING, VALIDATION = 0, 1  # numbers of the palette, where there is one run


def charts(records: Sequence[Record], names: Sequence[str] = ()) -> list[Chart]:
    """Loss, accuracy and learning rate by epoch; none for what no run has a history of."""
    kept = [record for record in records if record.history]
    if not kept:
        return []
    names = list(names) or [record.name for record in kept]
    found = [_measure("loss", kept, names), _measure("accuracy", kept, names)]
    rates = _rate(kept, names)
    return [chart for chart in (*found, rates) if chart]


def _points(record: Record, key: str) -> tuple[tuple[float, float], ...]:
    return tuple((entry["epoch"], entry[key]) for entry in record.history if key in entry)


def _measure(key: str, records: Sequence[Record], names: Sequence[str]) -> Chart | None:
    lines = []
    for number, (record, name) in enumerate(zip(records, names, strict=True)):
        for dashed, which in ((True, key), (False, f"validation_{key}")):
            points = _points(record, which)
            if not points:
                continue
            if len(records) == 1:
                lines.append(_alone(record, points, key, dashed))
            elif not (dashed and _points(record, f"validation_{key}")):
                lines.append(Line(name, points, number % 6, number >= 6))
    form = _percents(lines) if key == "accuracy" else short
    title, ring = _title(key, records)
    return Chart(title, "epochs", form, tuple(lines), ring=ring) if lines else None


def _percents(lines: Sequence[Line]) -> Callable[[float], str]:
    """Percentages with a digit after the point, where all are close together."""
    values = [y for line in lines for _, y in line.points]
    digits = 0 if max(values, default=0) - min(values, default=0) > 0.06 else 1
    return lambda part: percent(part, digits)


def _alone(record: Record, points: tuple[tuple[float, float], ...], key: str, train: bool) -> Line:
    """A line of the only run: dashed where it is training beside validation."""
    if not train:
        return Line("validation", points, VALIDATION)
    return Line("training", points, TRAINING, bool(_points(record, f"validation_{key}")))


def _title(key: str, records: Sequence[Record]) -> tuple[str, tuple[float, float, str] | None]:
    word = key.capitalize()
    which = f"validation_{key}"
    if len(records) > 1:
        held = {bool(_points(record, which)) for record in records if _points(record, key)}
        parts = [part for part, one in (("validation", True), ("training", False)) if one in held]
        return f"{word} on {' or '.join(parts)} images", None
    (record,) = records
    found = [entry for entry in record.history if which in entry]
    if not found:
        last = record.history[-1]
        return f"{word} on training images: {_value(key, last[key])} at the end", None
    choose = max if key == "accuracy" else min
    best = choose(found, key=lambda entry: entry[which])
    epoch = int(best["epoch"])
    word = "highest" if key == "accuracy" else "lowest"
    label = f"{_value(key, best[which])} in epoch {epoch}"
    return f"{key.capitalize()}: validation {word}, {label}", (epoch, best[which], label)


def _value(key: str, value: float) -> str:
    return percent(value) if key == "accuracy" else f"{value:.3f}"


def _rate(records: Sequence[Record], names: Sequence[str]) -> Chart | None:
    lines = tuple(
        Line(name if len(records) > 1 else "", points, number % 6 if len(records) > 1 else 0)
        for number, (record, name) in enumerate(zip(records, names, strict=True))
        if (points := _points(record, "lr"))
    )
    if not lines:
        return None
    values = [y for line in lines for _, y in line.points]
    schedule = records[0].parameters.get("schedule", "") if len(records) == 1 else ""
    title = "Learning rate" + (f": {schedule.replace('_', ' ')}" if schedule else "")
    log = min(values) > 0 and max(values) / min(values) > 30
    return Chart(title, "epochs", short, lines, log=log)
