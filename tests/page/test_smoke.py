"""A page in a real browser, where there is one: `python -m tests.page` checks more of them."""

from __future__ import annotations

import pytest

from stages.commands.report.page import run_page
from tests.page.checks import WIDTHS, seen
from tests.page.chromium import browser, find
from tests.stages.commands.report.records import HOSTILE, record

pytestmark = pytest.mark.skipif(find() is None, reason="needs Chromium: apt-get install chromium")


def test_a_page_in_a_browser(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(run_page(record(names=HOSTILE, dataset=HOSTILE[0])), "utf-8")
    with browser(find()) as page:
        for width in WIDTHS:
            assert list(seen(page, path, width, "light")) == []


def test_what_is_wrong_is_seen(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(
        "<!doctype html><meta name=viewport content='width=device-width'>"
        "<div style='width:2000px'>wide</div><img src=gone.png alt=a>"
        "<script>console.log('heard')</script>", "utf-8",
    )  # fmt: skip
    with browser(find()) as page:
        found = "\n".join(seen(page, path, 360, "dark"))
    for words in ("pixels wide", "gone.png", "heard", "no scripts", "broken"):
        assert words in found, words
