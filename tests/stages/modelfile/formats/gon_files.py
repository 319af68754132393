"""Files as gon writes them, for the tests."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

PARAMS = {"Lr": 0.016290125, "Decay": 0.95, "L2": 0.0001, "MomentumCoefficient": 0.9}


def network(*widths: int, seed: int = 0) -> dict[str, Any]:
    """A file's document for layers of these widths on 1,024 inputs, of float32 numbers."""
    rng, inputs, layers = np.random.default_rng(seed), 1024, []

    def short(*shape: int) -> Any:
        """float32 numbers in as few digits as Go prints them with."""
        found = rng.normal(0, 0.05, shape).astype(np.float32)
        return np.vectorize(lambda x: float(str(x)))(found).tolist()

    for width in widths:
        neurons = [
            {
                "Weights": short(inputs),
                "Bias": short(),
                "Output": short(),
                "Momentum": short(inputs),
                "AccumulatedWeightGradients": short(inputs),
                "AccumulatedBiasGradient": short(),
            }
            for _ in range(width)
        ]
        layers.append({"Neurons": neurons, "Deltas": None, "Activation": {}})
        inputs = width
    buffers = {"Input": short(1024), "Params": PARAMS, "PrevLayerOutputsBuffer": short(1024)}
    return {"Layers": layers, **buffers}


def text(document: Any) -> str:
    """The document as Go writes JSON: without spaces, and no .0 behind a whole number."""
    return json.dumps(document, separators=(",", ":")).replace(".0,", ",")
