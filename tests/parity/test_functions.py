from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="parity with PyTorch needs PyTorch")

from .functions import COMPARISONS, difference

WITHIN = 1e-9


@pytest.mark.parametrize("name", COMPARISONS)
def test_pytorch_computes_the_same(name):
    assert difference(COMPARISONS[name]()) < WITHIN
