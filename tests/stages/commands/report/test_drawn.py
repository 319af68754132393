"""Charts as text, and as pictures in files."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from pipeline.errors import ConfigError
from pipeline.events.console import Console
from pipeline.events.fitting import columns
from stages.commands.report.figures import (
    curves,
    picture,
    text,
)
from stages.commands.report.figures.chart import Effect, Matrix
from stages.commands.report.sections.search import effects_of, spread_of
from tests.stages.commands.report.records import record, search

SVG = "{http://www.w3.org/2000/svg}"


class Terminal(io.StringIO):
    encoding = "utf-8"


def test_text_fits_the_width_and_shows_every_line():
    chart = curves.charts([record(epochs=12)])[1]
    drawn = text.draw(chart, Console(Terminal()))
    lines = drawn.split("\n")
    assert max(map(len, lines)) <= 80
    assert lines[0] == chart.title
    assert drawn.count("training") == 1
    assert any(0x2800 < ord(sign) < 0x2900 for sign in drawn)


def test_text_where_there_is_only_ascii():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    chart = curves.charts([record(name="aa"), record(name="bb")])[0]
    drawn = text.draw(chart, Console(stream))
    drawn.encode("ascii")
    assert {"*", "o"} & set(drawn)


def test_the_matrix_as_text():
    names = ("<b>", "\x1b[31m", "c")
    counts = np.array([[5, 2, 0], [1, 4, 0], [0, 0, 3]])
    drawn = text.matrix(Matrix("t", names, counts), Console(Terminal()))
    assert drawn.split("\n")[1].split() == ["truth", "↓", "as", "→", "<b>", "\\x1b[", "c"]
    assert "\x1b" not in drawn
    many = Matrix("t", tuple(f"class {n}" for n in range(40)), np.eye(40, dtype=int) + 1)
    lines = text.matrix(many, Console(Terminal())).split("\n")
    assert len(lines) == 11
    assert lines[1].split() == ["class", "0", "taken", "for", "class", "1", "1"]


@pytest.mark.parametrize("wide", [60, 80])
def test_a_matrix_on_a_terminal_is_whole_or_a_list(monkeypatch, wide):
    monkeypatch.setattr(Console, "columns", wide)
    monkeypatch.setattr(Console, "width", wide - 1)
    monkeypatch.setattr("pipeline.cli.table.terminal_width", lambda: wide - 1)
    names = (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "猫猫",
    )
    drawn = text.matrix(Matrix("t" * 90, names, np.full((10, 10), 1000)), Console(Terminal()))
    title, *table = drawn.split("\n")
    assert max(map(columns, drawn.split("\n"))) < wide
    assert title.endswith("…")
    assert not any("…" in line for line in table)
    assert ("taken for" in drawn) == (wide == 60)


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_pictures_in_files_are_the_same_each_time(tmp_path, kind):
    drawn = [curves.charts([record()])[0], Matrix("$m$", ("a", "b"), np.array([[3, 1], [0, 2]]))]
    places = [tmp_path / f"{number}.{kind}" for number in range(2)]
    for place in places:
        picture.expect_picture(place)
        picture.draw(drawn, place, pytest.fail)
    assert places[0].read_bytes() == places[1].read_bytes()
    if kind == "svg":
        root = ET.parse(places[0]).getroot()
        assert len(root.findall("{http://www.w3.org/2000/svg}svg")) == 2
        assert "url(" not in places[0].read_text("utf-8")


def test_signs_that_no_font_has_are_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(picture, "FONTS", ())
    drawn, said = [Matrix("m", ("猫", "$x$"), np.array([[3, 1], [0, 2]]))], []
    picture.draw(drawn, tmp_path / "a.png", said.append)
    assert [words[:80] for words in said] == [
        "--plot: no font of this machine that Matplotlib was given has 猫; boxes stand for "[:80]
    ]
    picture.draw(drawn, tmp_path / "a.svg", pytest.fail)


def test_a_picture_that_nobody_can_draw(tmp_path):
    with pytest.raises(ConfigError, match=r"ends in \.svg, \.png, \.pdf, found x\.gif"):
        picture.expect_picture(tmp_path.relative_to(tmp_path) / "x.gif")


def test_the_effects_of_a_search(tmp_path):
    found = effects_of(search(300))
    assert found[0].name == "lr"
    assert {one.name for one in found} == {"lr", "hidden", "optimizer", "batchnorm"}
    assert spread_of(
        Effect("", "x", ((1, 0.5, "1"), (2, 0.75, "2"), (1, 0.6, "1")))
    ) == pytest.approx(0.2)
    for one in found:
        lines = text.show(one, Console(Terminal())).split("\n")
        assert len(lines) <= 13
        assert max(map(len, lines)) <= 80
        assert sum("█" * 32 in line for line in lines) == 1
    picture.draw(found, tmp_path / "a.svg", pytest.fail)
    assert len(ET.parse(tmp_path / "a.svg").getroot().findall(f"{SVG}svg")) == len(found)
    picture.draw(found[:2], tmp_path / "a.png", pytest.fail)
    assert (tmp_path / "a.png").read_bytes()[1:4] == b"PNG"
    assert effects_of(search(3, failed=3)) == []
