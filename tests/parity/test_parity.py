from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="parity with PyTorch needs PyTorch")

from . import functions, networks

WITHIN = 1e-9


def test_every_activation_has_a_counterpart():
    assert functions.THEIRS.keys() == functions.ACTIVATIONS.keys()


@pytest.mark.long
@pytest.mark.parametrize("name", functions.COMPARISONS)
def test_functions(name):
    assert functions.difference(functions.COMPARISONS[name]()) < WITHIN


@pytest.mark.long
@pytest.mark.parametrize("name", networks.COMPARISONS)
def test_whole_trainings(name):
    assert functions.difference(networks.COMPARISONS[name]()) < WITHIN
