"""The README beside the classifier: its program runs, its tables are whole."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from stages.neuralnet.sklearn import NetworkClassifier

from .data import digits
from .mlp_cases import ELSEWHERE, cases

TEXT = Path(inspect.getfile(NetworkClassifier)).with_name("README.md").read_text("utf-8")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_its_program_runs(capsys):
    (program,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names = {}
    exec(compile(program, "README.md", "exec"), names)
    score, loss = re.findall(r"[\d.]+(?= after)|(?<=loss )[\d.]+", capsys.readouterr().out)
    assert float(score) > 0.9
    assert float(loss) < 0.3
    X, y = digits()
    assert names["stream"].score(X, y) > 0.95


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
