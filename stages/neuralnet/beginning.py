"""Begin locally: dense layers that see patches at first, and whatever they like once they train.

A fully connected layer has no reason to look at pixels that lie together: its random weights, and
gradient descent with them, treat all directions alike. Locally connected layers have to
(layers/local.py). Between both stands a dense layer whose weights are, at first, those of a local
one, zero outside of patches: nothing keeps them zero, so that all it has of locality is where it
set out from (d'Ascoli et al. 2019 begin so with a trained convolution; here it is a random one).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .layers.dense import Dense
from .layers.initializers import choose, stream
from .layers.stack import local_layers
from .network import Network
from .processor import OneBlasThread


def begin_locally(
    network: Network,
    levels: Sequence[tuple[int, int, int]],
    shape: tuple[int, int, int],
    whitening: np.ndarray | None = None,
    initializer: str = "auto",
    seed: int = 0,
) -> None:
    """Give the first layers, which are dense, the random weights of local ones.

    levels: (patch, stride, units) of each, as `Network.create(local=…)` has them; a layer has as
    many units as its level has outputs. shape: (channels, height, width) of an image. whitening:
    `Inputs.whitening`, (1 + features, components), where there is one: a patch is then one of the
    whitened image rotated back to pixels (ZCA), and weights keep their length. initializer, seed:
    as for `Network.create`; the numbers drawn are those of a network with local layers. ValueError
    where layers do not fit.
    """
    layers = local_layers(levels, shape)
    basis = directions(whitening) if whitening is not None and len(whitening) else None
    for number, (layer, found) in enumerate(zip(layers, network.structure, strict=False)):
        inputs = layer.inputs if number or basis is None else basis.shape[1]
        expected = Dense.kind, inputs, layer.outputs
        if (found.kind, found.inputs, found.outputs) != expected:
            raise ValueError(f"layers[{number}]: expected {expected}, found {found}")
    if len(layers) >= len(network.structure):
        raise ValueError(
            f"levels: expected fewer than the {len(network.structure)} layers of the network, "
            f"found {len(layers)}"
        )
    for member in range(network.members):
        for number, (layer, tensors) in enumerate(
            zip(layers, network.tensors(member), strict=False)
        ):
            draw = choose(initializer, network.structure[number].activation)
            rng = stream(seed, member * len(network.structure) + number)
            weights, sight = tensors["weights"], None if number else basis
            weights[...] = 0
            for place, seen in enumerate(layer.indices()):  # position by position: in little memory
                own = draw(rng, layer.numbers, layer.units)
                units = slice(place * layer.units, (place + 1) * layer.units)
                if sight is None:
                    weights[seen, units] = own
                else:
                    weights[:, units] = rotated(own, sight[seen])


def directions(whitening: np.ndarray) -> np.ndarray:
    """The rotation in a whitening (1 + features, components): orthonormal (features, components).

    Its polar factor, W (W' W)^-1/2: of PCA the principal directions, of ZCA no rotation at all.
    """
    columns: np.ndarray = whitening[1:].astype(np.float64)
    with OneBlasThread():
        values, vectors = np.linalg.eigh(columns.T @ columns)
        kept = values > values[-1] * np.finfo(np.float32).eps ** 2  # else it whitens to nothing
        vectors = vectors[:, kept]
        found: np.ndarray = columns @ (vectors / np.sqrt(values[kept])) @ vectors.T
    return found


def rotated(weights: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Weights (features, outputs) of pixels → of their coordinates in `basis`, of equal length."""
    with OneBlasThread():
        found: np.ndarray = basis.T @ weights
    before, after = np.linalg.norm(weights, axis=0), np.linalg.norm(found, axis=0)
    found *= np.divide(before, after, out=np.zeros_like(after), where=after > 0)
    return found
