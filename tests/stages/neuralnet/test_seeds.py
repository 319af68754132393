from __future__ import annotations

import ast

import numpy as np
import pytest

from stages.neuralnet import seeds
from stages.neuralnet.layers.dropout import draw
from stages.neuralnet.layers.initializers import stream
from stages.neuralnet.trainer import shuffled

from .test_architecture import FILES

PURPOSES = {name: value for name, value in vars(seeds).items() if name.isupper()}


def test_each_purpose_has_a_number_of_its_own():
    assert len(set(PURPOSES.values())) == len(PURPOSES) == 4


def mask(seed, *key):
    found = np.empty(64)
    draw(found, 0.5, key, seed)
    return found.tobytes()


@pytest.mark.parametrize(
    "draws",
    [
        lambda seed, n: stream(seed, n).random(4).tobytes(),
        lambda seed, n: shuffled(np.arange(50), seed, n).tobytes(),
        lambda seed, n: mask(seed, n, 0, 0, 0),
    ],
    ids=["weights", "order", "dropout"],
)
def test_streams_differ_where_a_list_of_numbers_would_not(draws):
    """SeedSequence([seed, n]) gives the same for (7, 3) and (7 + 3 * 2**32, 0)."""
    assert draws(7, 3) != draws(7 + 3 * 2**32, 0)
    assert len({draws(seed, n) for seed in range(3) for n in range(3)}) == 9


def test_no_file_makes_a_stream_of_its_own():
    wrong = [
        name
        for name, path in FILES.items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if getattr(node, "attr", "") == "SeedSequence" and name != "seeds"
    ]
    assert wrong == []
