"""Lines that fit a terminal: cut, folded, never broken."""

import shlex
import unicodedata

import pytest

from pipeline.events.fitting import _NARROW, beginning, columns, command_lines, folded, shortened


@pytest.mark.parametrize(
    ("text", "width", "found"),
    [
        ("short", 10, "short"),
        ("short", None, "short"),
        ("a longer text", 10, "a longer…"),
        ("artifacts/train/0123456789", 16, "artif…0123456789"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
    ],
)
def test_what_is_too_long_is_cut(text, width, found):
    assert shortened(text, width) == found
    assert width is None or len(shortened(text, width)) <= width


def test_cells_move_together_before_the_last_ones_go():
    line = "epoch  1/10  loss 2.0095  27.63%  validation 1.9098  30.75% *  1.18 s"
    assert folded(line, 80) == line
    assert folded(line, 66) == " ".join(line.split())
    assert folded(line, 60) == "epoch 1/10 loss 2.0095 27.63% validation 1.9098 30.75% *"
    assert folded(line, None) == line


def test_words_go_on_in_lines_of_their_own():
    line = "warning: " + "some words " * 12 + "http://example.com/" + "a" * 70
    lines = folded(line, 60).split("\n")
    assert " ".join(part.strip() for part in lines).split() == line.split()
    assert all(len(part) <= 60 for part in lines[:-1])
    assert all(part.startswith("  ") for part in lines[1:])


def test_a_terminal_that_is_too_narrow_gets_lines_all_the_same():
    assert folded("some words that are many", 3).split() == ["some", "words", "that", "are", "many"]


@pytest.mark.parametrize("width", [None, 20, 40, 60, 200])
def test_a_command_is_the_same_command_in_several_lines(width):
    line = "  pipeline run --recipe fast --source cifar.tar.gz --hidden 512,256 --components 300"
    found = command_lines(line, width)
    joined = found.replace("\\\n", "")
    assert shlex.split(joined) == shlex.split(line)
    assert width is None or max(map(len, found.split("\n"))) <= max(width, 35)


@pytest.mark.parametrize(
    ("text", "wide"),
    [("", 0), ("cat → dog", 9), ("猫", 2), ("猫 cat", 6), ("🐱", 2), ("e\u0301te", 3), ("한국", 4)],
)
def test_what_a_terminal_draws_wide_counts_twice(text, wide):
    assert columns(text) == wide


def test_what_counts_as_narrow_is_narrow():
    for sign in filter(_NARROW.fullmatch, map(chr, range(0x3000))):
        assert unicodedata.east_asian_width(sign) not in "WF" or sign in "⌚⌛〈〉", hex(ord(sign))
        assert unicodedata.category(sign) not in ("Mn", "Me", "Cf", "Cc", "Zl", "Zp")


@pytest.mark.parametrize("width", range(12))
def test_wide_signs_are_cut_before_they_break_a_line(width):
    for text in ("猫猫猫猫猫猫猫猫", "a猫/b猫/c猫/d猫/e猫", "e\u0301" * 20):
        assert columns(shortened(text, width)) <= width
        assert columns(beginning(text, width)) <= width


def test_wide_words_go_on_in_lines_of_their_own():
    found = folded("warning: " + "猫猫猫 " * 12, 30).split("\n")
    assert len(found) > 3
    assert max(map(columns, found)) <= 30
    assert " ".join(found).split() == ["warning:", *["猫猫猫"] * 12]
