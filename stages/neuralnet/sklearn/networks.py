"""Networks with scikit-learn's initial weights, or ours."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import Network
from .parameters import NAMES, Parameters, hidden_sizes


def make_network(
    model: Parameters, inputs: int, classes: int, dtype: Any, rng: np.random.RandomState
) -> Network:
    """An untrained network; rng is drawn from as MLPClassifier does, unless model.initializer."""
    options = {
        "activation": NAMES.get(model.activation, model.activation),
        "norm": model.norm,
        "dropout": float(model.dropout),
        "dtype": np.dtype(dtype).name,
    }
    sizes = hidden_sizes(model)
    if model.initializer is not None:
        options |= {"initializer": model.initializer, "seed": int(rng.randint(2**31 - 1))}
        return Network.create(inputs, sizes, classes, **options)
    network = Network.create(inputs, sizes, classes, initializer="zeros", **options)
    factor = 2 if options["activation"] == "sigmoid" else 6
    for tensors in network.tensors():  # Glorot & Bengio (2010, eq. 16), for biases, too
        bound = math.sqrt(factor / sum(tensors["weights"].shape))
        for name in ("weights", "biases"):
            tensors[name][...] = rng.uniform(-bound, bound, tensors[name].shape)
    return network


def copied(network: Network) -> Network:
    """Another network with the same layers and parameters."""
    return Network.from_layers(network.layers, network.parameters)
