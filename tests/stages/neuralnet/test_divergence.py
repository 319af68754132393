from __future__ import annotations

import warnings

import numpy as np
import pytest

from .data import FEATURES, network, trainer


def epochs(trainer, first, last):
    for epoch in range(first, last):
        trainer.run(epoch, 0, trainer.steps, 0.01)


def test_features_that_hardly_vary_do_so_with_a_word():
    net = network(norm="batch")
    with trainer(net, features=FEATURES * np.float32(1e-5)) as t:
        epochs(t, 0, 20)  # statistics have not settled yet
        with pytest.warns(RuntimeWarning, match=r"layers\[0\]: 16 of 16 outputs hardly vary"):
            epochs(t, 20, 25)
        epochs(t, 25, 26)  # once is enough


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
def test_no_word_of_others(norm):
    with warnings.catch_warnings(), trainer(network(norm=norm)) as t:
        warnings.simplefilter("error")
        epochs(t, 0, 30)
