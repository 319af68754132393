"""Docstrings for help texts, also where Python drops them."""

import subprocess
import sys

import pytest

from pipeline.docs import doc_of
from stages.options import InputOptions
from stages.train import train
from tests.imports import ROOT

CODE = """if True:
    from pipeline.docs import doc_of
    from stages.cifar10 import PIPELINE
    for stage in PIPELINE.stages.values():
        print(stage.help)
    for parameter in PIPELINE.parameters.values():
        print(parameter.name, parameter.group)
    print(repr(doc_of(len)), repr(doc_of(doc_of)))"""


def test_where_python_has_them():
    assert doc_of(train.function).startswith("Train the network on batches in parallel")
    assert doc_of(InputOptions).startswith("Inputs: ")
    assert doc_of(lambda: None) == ""


@pytest.mark.long
def test_help_and_titles_are_the_same_without_docstrings():
    found = [
        subprocess.run(
            [sys.executable, *flags, "-c", CODE],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for flags in ((), ("-OO",))
    ]
    assert found[0] == found[1]
    assert "Optimizer" in found[1]
