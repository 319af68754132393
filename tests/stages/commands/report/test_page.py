"""Pages: whole, closed, escaped, small and quick, with what the sections promise."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from stages.commands.report.comparison import comparison_page
from stages.commands.report.html import VOID, visible
from stages.commands.report.page import SECTIONS, run_page
from stages.commands.report.searched import search_page
from stages.commands.summary import SYNTHETIC
from tests.stages.commands.report.records import HOSTILE, predictions, record, search

OPEN = VOID | {"!doctype"}
LIMIT, SECONDS = 3_000_000, 3.0


class Document(HTMLParser):
    """A page with its elements, which must all be closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._open = "", []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in OPEN:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in tags]


PAGES = {
    "run": lambda: run_page(record()),
    "one image": lambda: run_page(record(2, 1, 1)),
    "nothing known": lambda: run_page(
        record(predictions=None, missing="the store no longer holds images", figures={},
               history=(), steps=(), first_layer=None, settings=(), epoch_seconds=())
    ),
    "hostile": lambda: run_page(record(names=HOSTILE, dataset=HOSTILE[1])),
    "two runs": lambda: comparison_page(
        [record(), record(name="feed", predictions=predictions(10, 300), weights=1)]
    ),
    "hostile runs": lambda: comparison_page(
        [record(names=HOSTILE), record(names=HOSTILE, name=HOSTILE[0], dataset=HOSTILE[2])]
    ),
    "search": lambda: search_page(search(40)),
    "failed search": lambda: search_page(
        search(3, failed=3) | {"best": None, "edges": {}, "command": None}
    ),
}  # fmt: skip


@pytest.fixture(params=PAGES, scope="module")
def page(request):
    return PAGES[request.param]()


def test_a_page_is_whole_and_asks_for_nothing(page):
    found = Document(page)
    assert page.startswith('<!doctype html>\n<html lang="en">')
    names = {tag for tag, _ in found.tags}
    assert not names & {"script", "link", "iframe", "object", "base", "form", "foreignobject"}
    for _, attributes in found.tags:
        assert not any(key.startswith("on") for key in attributes)
        for key in ("src", "href", "xlink:href", "action"):
            if value := attributes.get(key):
                assert value.startswith(("data:image/png;base64,", "#"))
    assert "url(" not in page.split("</style>")[0]
    assert "@import" not in page
    (policy,) = (m["content"] for m in found.named("meta") if m.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_a_page_can_be_heard_and_walked_through(page):
    found = Document(page)
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(image["alt"] for image in found.named("img"))
    assert all(drawn["aria-label"] for drawn in found.named("svg"))
    names = [a["id"] for _, a in found.tags if "id" in a]
    assert len(set(names)) == len(names)
    links = [link["href"][1:] for link in found.named("a")]
    assert set(links) <= set(names)
    regions = [a["aria-label"] for _, a in found.tags if a.get("role") == "region"]
    assert len(set(regions)) == len(regions)


def test_the_sections_of_a_run():
    found = Document(PAGES["run"]())
    assert len(found.named("section")) == len(SECTIONS)
    for words in (
        "of the test images right", "95% interval", "Confusion", "precision", "recall", "F1",
        "Most confident mistakes", "Least certain images", "Expected calibration error",
        "What the first layer looks for", "Where the time went", "up to date", "--lr", "file drawn",
        "ab" * 32, "python 3.11", "pipeline run --source 'drawn'",
    ):  # fmt: skip
        assert words in found.text, words
    assert len(found.named("img")) == 2 * 18 + 60


def test_what_is_not_known_is_left_out_and_said():
    found = Document(PAGES["nothing known"]())
    assert "This training has not been evaluated." in found.text
    assert "No images and no calibration here: the store no longer holds images." in found.text
    assert "Confusion" not in found.text


def test_hostile_names_are_shown_as_they_are():
    found = Document(PAGES["hostile"]())
    assert visible(HOSTILE[0]) in found.text
    assert visible(HOSTILE[1]) in found.text
    assert "\x1b" not in found.text
    assert "‮" not in found.text


def test_synthetic_images_are_announced():
    assert SYNTHETIC in run_page(record(dataset="synthetic"))
    assert SYNTHETIC in comparison_page([record(dataset="synthetic"), record(name="b")])
    assert SYNTHETIC in search_page(search(4) | {"dataset": "synthetic"})
    assert SYNTHETIC not in PAGES["run"]()


def test_a_comparison_says_what_differs_and_whether_it_is_chance():
    first = record(names=("cat",), images=1000)
    better = predictions(10, 1000)
    better.probabilities[:] = 0
    better.probabilities[range(1000), better.truth] = 1
    better.probabilities[:300] = first.predictions.probabilities[:300]
    scores = {"images": 1000, "accuracy": float(better.right.mean()), "loss": 1.0}
    second = record(names=("cat",), images=1000, name="beef", predictions=better,
                    figures={"test": scores}, settings=first.settings[1:])  # fmt: skip
    found = Document(comparison_page([first, second])).text
    wrong = int((~first.predictions.right & better.right).sum())
    assert f"{wrong} images right with lr=–, wrong with lr=0.1" in found
    assert "lr=– is better" in found
    assert "p < 0.001" in found
    assert "may be chance" in Document(comparison_page([first, record(name="b", images=1000,
        names=("cat",))])).text  # fmt: skip


def test_runs_on_different_images_are_not_tested():
    found = Document(comparison_page([record(), record(name="b", images=200)])).text
    assert "they were tested on different images" in found


@pytest.mark.parametrize("make", [
    lambda: run_page(record(100, 10_000, 300)),
    lambda: comparison_page([record(100, 10_000, 300, name=f"{n:08x}") for n in range(3)]),
    lambda: search_page(search(10_000)),
], ids=["run", "comparison", "search"])  # fmt: skip
@pytest.mark.long
def test_large_ones_are_small_and_quick(make):
    started = time.process_time()
    page = make()
    assert time.process_time() - started < SECONDS
    assert len(page.encode()) < LIMIT


def test_what_is_at_its_default_is_folded_and_printed():
    page = run_page(record())
    assert '<details class="printed"><summary>Left as they are' in page
    assert ".printed::details-content{content-visibility:visible" in page


def test_without_validation_nothing_is_said_of_it():
    history = tuple({"epoch": n, "lr": 0.1, "loss": 1.0, "accuracy": 0.5} for n in (1, 2))
    found = Document(run_page(record(history=history, best_epoch=2))).text
    assert "Epoch kept" in found
    assert "validation figures" not in found
    mixed = Document(comparison_page([record(), record(name="feed", history=history)])).text
    assert "Loss on validation or training images" in mixed
