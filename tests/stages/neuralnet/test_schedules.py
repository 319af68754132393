from __future__ import annotations

from stages.neuralnet import exponential


def test_the_rate_is_multiplied_after_every_epoch():
    rate = exponential(0.5, 0.5)
    assert [rate(epoch) for epoch in range(4)] == [0.5, 0.25, 0.125, 0.0625]
