"""The curve as a picture, drawn by the real Matplotlib."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import ConfigError, StorageError
from stages.commands.lr_find.picture import draw, expect_picture
from tests.everyday import long_but
from tests.stages.commands.lr_find.test_text import curve

pytestmark = pytest.mark.whole

pytest.importorskip("matplotlib")


@pytest.mark.parametrize("ending", long_but((".svg",), (".svg", ".png", ".pdf", ".PNG")))
def test_each_format_and_the_same_bytes_each_time(tmp_path, ending):
    place = tmp_path / f"a{ending}"
    expect_picture(place)
    draw(curve(), "a title", place)
    first = place.read_bytes()
    assert len(first) > 5000
    draw(curve(), "a title", place)
    assert place.read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == [place.name]


@pytest.mark.everyday
def test_all_of_it_is_on_the_picture(tmp_path):
    place = tmp_path / "a.svg"
    draw(curve(suggestion=0.0123), "images $1 · a net_work", place)
    text = place.read_text("utf-8")
    for words in ("images $1 · a net_work", "suggested: 0.012", "blew up at 1", "smoothed"):
        assert f"<!-- {words} -->" in text, words
    for label in ("0.0001", "0.01", "learning rate", "loss of a batch"):
        assert f"<!-- {label} -->" in text, label
    draw(curve(suggestion=None, blew_up=None), "a title", place)
    text = place.read_text("utf-8")
    assert "suggested" not in text
    assert "blew up" not in text


def test_the_marks_are_seen(tmp_path):
    from PIL import Image

    draw(curve(), "a title", tmp_path / "a.png")
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB")).reshape(-1, 3)
    for colour in ((0x1D, 0x4E, 0x89), (0xA9, 0xC1, 0xDC), (0x2A, 0x8C, 0x4A), (0xC0, 0x39, 0x2B)):
        assert (pixels == colour).all(1).sum() > 100, colour


def test_two_steps_are_enough_for_a_picture(tmp_path):
    few = {name: curve()[name][:2] for name in ("rates", "losses", "smoothed")}
    draw(curve(**few, suggestion=None), "a title", tmp_path / "a.png")


def test_what_cannot_be_drawn_is_reported_before(tmp_path):
    (tmp_path / "folder.png").mkdir()
    for place, message in (
        (tmp_path / "a.jpg", r"ends in \.png, \.svg, \.pdf, found .*a\.jpg"),
        (tmp_path / "folder.png", r"folder\.png: a folder; choose another"),
        (tmp_path / f"{'a' * 300}.png", "File name too long"),
    ):
        with pytest.raises(ConfigError, match=message):
            expect_picture(place)


def test_a_folder_that_has_gone_is_reported_by_the_flag(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"another folder with --plot"):
        draw(curve(), "a title", tmp_path / "file" / "a.png")
