"""Lines that fit a terminal: cut, folded, never broken."""

import shlex

import pytest

from pipeline.events.fitting import command_lines, folded, shortened


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
