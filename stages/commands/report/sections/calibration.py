"""The section on calibration: whether the network is as sure as it is right."""

from __future__ import annotations

import numpy as np

from stages.commands.report.figures import reliability
from stages.commands.report.html import Markup, tag
from stages.commands.report.predictions import Predictions
from stages.commands.report.record import Record
from stages.commands.report.sections.parts import facts, figure, section
from stages.commands.report.statistics import BINS, Calibration, calibration
from stages.commands.report.words import percent, points, several

LEAD = (
    "A network that is well calibrated and 80% sure is right in 80 of 100 cases: its dots lie on "
    "the diagonal. Below it, it is surer than it is right."
)


def calibrated(record: Record) -> Markup | None:
    """The reliability diagram and the expected calibration error."""
    found = record.predictions
    if found is None:
        return None
    measured = calibration(found.confidence, found.right)
    title = f"Expected calibration error {percent(measured.error)}"
    text = f"Reliability diagram. {title}: {_bins(measured)}"
    unit = record.unit
    note = (
        f"{several(len(found.truth), f'test {unit}')} in {BINS} bins of confidence; bars: {unit}s"
    )
    sure, right = float(found.confidence.mean()), float(found.right.mean())
    label = {
        "Mean confidence": percent(sure),
        "Accuracy": percent(right),
        "Difference": f"{points(abs(sure - right))} too {'sure' if sure > right else 'unsure'}",
        "Expected calibration error": percent(measured.error),
        "Sure above 90%": _share(found, found.confidence > 0.9, unit),
        "Sure below 50%": _share(found, found.confidence < 0.5, unit),
    }
    drawn = figure(reliability.draw(measured, text), title, note, style="reliability")
    beside = tag("div", drawn, facts(label), class_="beside")
    return section("calibration", "Is it as sure as it is right?", LEAD, beside)


def _bins(found: Calibration) -> str:
    return "; ".join(
        f"at {percent(float(sure), 0)} confidence {percent(float(right), 0)} right"
        for sure, right, images in zip(found.confidence, found.accuracy, found.images, strict=True)
        if images
    )


def _share(found: Predictions, chosen: np.ndarray, unit: str) -> str:
    images = int(chosen.sum())
    if not images:
        return f"no {unit}"
    right = float(found.right[chosen].mean())
    return f"{several(images, unit)}, {percent(right, 0)} of them right"
