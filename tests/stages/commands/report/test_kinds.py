"""Pages of other kinds of trainings: tables, early stopping, local layers, many runs."""

from __future__ import annotations

import re

import numpy as np
import pytest

from stages.commands.report.comparison import comparison_page
from stages.commands.report.page import run_page
from tests.stages.commands.report.records import record
from tests.stages.commands.report.test_page import Document


def test_a_row_of_a_table_is_no_image():
    text = Document(run_page(record(unit="row", first_layer=None))).text
    assert "of the test rows right" in text
    assert "Most confident mistakes" in text
    assert "Single rows" in text
    assert not re.search(r"\d images?\b|the images", text[text.index("Held back") :])


def test_early_stopping_is_said():
    assert "stopped early" not in Document(run_page(record())).text
    text = Document(run_page(record(parameters={"epochs": 30}))).text
    assert "trained for 5 epochs, stopped early of 30, on 1,500 images" in text


def test_patches_lie_where_they_lie_in_the_image():
    patches = np.random.default_rng(0).integers(0, 256, (6, 3, 4, 4), np.uint8)
    page = run_page(record(patches=(3, patches)))
    assert "at each of 2 × 3 places" in Document(page).text
    assert '<ul class="mosaic" style="--n:3">' in page
    assert "Weights of the strongest unit in row 2, column 3" in page


def test_accuracies_stand_beside_each_other_with_their_intervals():
    runs = [record(name=f"{number:08x}", seed=number) for number in range(8)]
    page = comparison_page(runs)
    assert page.count('class="reach"') == 8
    assert 'class="key c1 again"' in page  # the seventh colour is the first, and its line dashed
    assert "as many as" in Document(comparison_page([record(), record(name="feed")])).text


def test_a_command_breaks_between_its_flags():
    page = run_page(record(command="pipeline run --lr 0.1 --hidden 8,9"))
    assert "<span>--lr 0.1</span> <span>--hidden 8,9</span>" in page
    assert "pipeline run --lr 0.1 --hidden 8,9" in Document(page).text


@pytest.mark.parametrize(
    ("source", "dataset", "words"),
    [
        ("/home/me/photos/", "custom-12345678", "photos (custom-12345678)"),
        ("https://host/a.zip?key=1", "custom-12345678", "a.zip (custom-12345678)"),
        ("table.csv", "custom-12345678", "table.csv (custom-12345678)"),
        ("/tmp/cifar.tar.gz", "cifar10", "cifar10"),
        ("", "custom-12345678", "custom-12345678"),
    ],
)
def test_data_without_a_name_is_called_as_its_source_is(source, dataset, words):
    found = record(dataset=dataset, source=source)
    assert f" on {words}</span>" in run_page(found)
