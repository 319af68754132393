"""Elements escape whatever they are given."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.commands.report.html import Markup, join, shorten, tag, visible
from tests.stages.commands.report.records import HOSTILE


class Reader(HTMLParser):
    """The elements, attributes and text of a document."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_text(text):
    found = read(tag("p", text, title=text, data_name=text))
    assert found.tags == ["p"]
    assert found.attributes == [("title", visible(text)), ("data-name", visible(text))]
    assert found.text == visible(text)


@given(st.text())
def test_any_text_comes_back(text):
    found = read(tag("p", text, title=text))
    assert (found.tags, found.text) == (["p"], visible(text))
    assert visible(text).isprintable()


def test_what_is_left_out():
    assert tag("a", None, "x", False, href=None, hidden=True) == "<a hidden>x</a>"
    assert tag("img", src="u", alt="") == '<img src="u" alt="">'
    assert join([Markup("<b>"), "<b>"], " ") == "<b> &lt;b&gt;"


def test_long_names_are_cut():
    assert shorten("a" * 50, 10) == "a" * 9 + "…"
    assert shorten("short", 10) == "short"
    assert shorten("\x1b[2J", 20) == "\\x1b[2J"
