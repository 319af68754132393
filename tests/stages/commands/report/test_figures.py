"""Charts: axes, colours, and one description drawn as SVG, as PNG and as text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import numpy as np
import pytest

from stages.commands.report.figures import (
    axes,
    bars,
    colours,
    curves,
    matrix,
    picture,
    reliability,
    strip,
    svg,
)
from stages.commands.report.figures.chart import Chart, Effect, Line, Matrix
from stages.commands.report.statistics import calibration
from tests.stages.commands.report.records import HOSTILE, record, search

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawn: str) -> ET.Element:
    """The element of an <svg>; an error where it is not well formed."""
    return ET.fromstring(drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def texts(drawn: str) -> list[str]:
    return ["".join(one.itertext()) for one in parsed(drawn).iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.31, 0.62, [0.4, 0.5, 0.6]),
        (1, 300, [100, 200, 300]),
        (-3, 7, [-2, 0, 2, 4, 6]),
        (5, 5, [5]),
    ],
)
def test_round_numbers(low, high, expected):
    assert axes.ticks(low, high) == pytest.approx(expected)


def test_epochs_are_whole_and_the_last_is_named():
    assert axes.whole_ticks(1, 3) == [1, 2, 3]
    assert axes.whole_ticks(1, 300)[-1] == 300
    assert axes.whole_ticks(1, 17) == [1, 5, 10, 17]
    assert axes.whole_ticks(1, 1) == [1]
    assert axes.log_ticks(0.001, 1) == pytest.approx([0.001, 0.01, 0.1, 1])


def test_names_stand_apart_and_inside():
    assert axes.spread([5, 5, 5], 10, 0, 100) == [5, 15, 25]
    assert axes.spread([99, 98], 10, 0, 100) == [100, 90]
    assert axes.spread([0.0], 10, 0, 100) == [0]


@pytest.mark.parametrize("dark", [False, True])
def test_contrast_is_that_of_wcag_aa(dark):
    ground = colours.DARK if dark else colours.LIGHT
    lines = colours.LINES_DARK if dark else colours.LINES_LIGHT
    levels = [
        colours.level_colours(ground["bg"], lines[one]) for one in (colours.RIGHT, colours.WRONG)
    ]
    bars_ = [level[1][0] for level in levels]  # of tables and tiles, below text in ink
    for back in (ground["bg"], ground["panel"], *bars_):
        assert colours.contrast(ground["ink"], back) >= 4.5
    for back in (ground["bg"], ground["panel"]):
        for name in (ground["muted"], ground["link"], *lines):
            assert colours.contrast(name, back) >= 4.5, name
    assert colours.contrast(ground["axis"], ground["bg"]) >= 3
    for back, ink in (pair for level in levels for pair in level):
        assert colours.contrast(ink, back) >= 4.5


def test_contrast_of_black_and_white():
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert len(set(colours.LINES_LIGHT)) == 6
    assert all(a != b for a, b in combinations(colours.LINES_DARK, 2))


def test_the_curves_of_a_run():
    loss, accuracy, rate = curves.charts([record(epochs=5)])
    assert loss.title == "Loss: validation lowest, 1.591 in epoch 5"
    assert accuracy.title == "Accuracy: validation highest, 52.0% in epoch 5"
    assert [line.name for line in accuracy.lines] == ["training", "validation"]
    assert accuracy.ring[:2] == (5, pytest.approx(0.52))
    assert rate.lines[0].points[0] == (1, 0.1)
    assert "accuracy" not in rate.text
    drawn = svg.draw(accuracy)
    assert {"training", "validation", "epochs", "1", "5"} <= set(texts(drawn))
    assert len(parsed(drawn).findall(f"{SVG}path[@class='line c1']")) == 1


def test_a_run_without_validation_and_one_without_a_past():
    history = ({"epoch": 1, "loss": 2.0, "accuracy": 0.1},)
    loss, accuracy = curves.charts([record(history=history)])
    assert loss.title == "Loss on training images: 2.000 at the end"
    assert not accuracy.lines[0].dashed
    assert "circle" in svg.draw(loss)  # of one point, a line would not be seen
    assert curves.charts([record(history=())]) == []


def test_several_runs_over_each_other():
    loss, _, rate = curves.charts([record(name="aaaa"), record(name="bbbb")])
    assert [line.name for line in loss.lines] == ["aaaa", "bbbb"]
    assert [line.colour for line in rate.lines] == [0, 1]


def test_a_chart_is_never_outside_of_its_frame():
    points = tuple((float(x), 1e-9 * x) for x in range(1, 4))
    flat = Chart("flat", "epochs", str, (Line("x" * 99, ((1, 0.0), (2, 0.0))),))
    for chart in (Chart("t", "epochs", str, (Line("a", points),)), flat):
        drawn = svg.draw(chart)
        numbers = [float(found) for found in re.findall(r"[ML](-?[\d.]+)", drawn)]
        assert all(0 <= number <= svg.WIDTH for number in numbers)
        assert "nan" not in drawn


def test_hostile_names_in_drawings():
    lines = tuple(Line(name, ((1, 0.1), (2, 0.2)), place % 6) for place, name in enumerate(HOSTILE))
    names = tuple(HOSTILE)
    counts = np.arange(100).reshape(10, 10)
    points = [(name, 0.1 * place, name) for place, name in enumerate(HOSTILE)]
    for drawn in (
        svg.draw(Chart(HOSTILE[0], HOSTILE[1], str, lines)),
        matrix.draw(Matrix(HOSTILE[3], names, counts)),
        strip.draw(Effect("", HOSTILE[1], tuple(points))),
        bars.share_bar([(name, 1.0) for name in HOSTILE], HOSTILE[0]),
        picture.as_svg([Matrix(HOSTILE[3], names, counts)]),
    ):
        root = ET.fromstring(drawn) if "xmlns" in drawn else parsed(drawn)
        kinds = {one.tag.removeprefix(SVG) for one in root.iter()}
        assert kinds <= {"svg", "g", "path", "rect", "text", "title", "circle", "style"}
        assert not any(key.startswith("on") for one in root.iter() for key in one.attrib)


def test_the_matrix_of_many_classes():
    counts = np.random.default_rng(0).poisson(1.0, (100, 100))
    drawn = matrix.draw(Matrix("m", tuple(f"c{n}" for n in range(100)), counts))
    assert len(re.findall(r"M\d+ \d+h8", drawn)) == np.count_nonzero(counts)
    assert len(drawn) < 300_000
    right, wrong = matrix.shades(np.array([[9, 1], [0, 10]]))
    assert right.tolist() == [[7, -1], [-1, 7]]
    assert wrong.tolist() == [[-1, 7], [-1, -1]]


def test_the_reliability_diagram():
    found = calibration(np.array([0.95, 0.95, 0.2]), np.array([True, False, True]))
    drawn = reliability.draw(found, "words")
    assert len(parsed(drawn).findall(f"{SVG}g")) == 2
    assert "confidence 95.0%: 50.0% right, 2 images" in drawn


def test_effects_of_parameters():
    trials = [t for t in search(60)["trials"] if not t["failure"]]
    points = tuple(
        (t["parameters"]["lr"], t["accuracy"], f"{t['parameters']['lr']}") for t in trials
    )
    along = strip.draw(Effect("", "lr", points))
    assert {"0.001", "0.01", "0.1"} <= set(texts(along))
    few = Effect("", "on", ((True, 0.5, "on"), (False, 0.6, "off"), (True, 0.7, "on")))
    columns = strip.draw(few)
    assert texts(columns)[-3:-1] == ["on", "off"]
    assert "on: median 60.0% of 2" in columns
