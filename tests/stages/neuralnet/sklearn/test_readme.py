"""The README beside the classifier: its tables are whole. (Its program is run with all others'.)"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: extra `sklearn`")

from stages.neuralnet.sklearn import NetworkClassifier

from .mlp_cases import ELSEWHERE, cases

TEXT = Path(inspect.getfile(NetworkClassifier)).with_name("README.md").read_text("utf-8")


def test_it_names_every_parameter():
    for name in inspect.signature(NetworkClassifier).parameters:
        assert f"`{name}`" in TEXT


def test_it_names_every_test_of_scikit_learns_and_says_why_some_do_not_apply():
    rows = [line.split(" | ") for line in TEXT.splitlines() if line.startswith("| `test_")]
    found = {name: row[1] for row in rows for name in re.findall(r"`(test_\w+)`", row[0])}
    passing = {name for name, words in found.items() if words.startswith("pass")}
    assert passing >= cases().keys()
    assert {name: words for name, words in found.items() if name not in passing} == {
        name: f"does not apply: {why} |" for name, why in ELSEWHERE.items()
    }
