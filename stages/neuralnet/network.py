"""A multi-layer perceptron, or an ensemble of some: layers and one flat vector of parameters.

    network = Network.create(inputs=1024, hidden=(512, 256), classes=10, activation="relu")
    network.probabilities(images)          # (n, 1024) → (n, 10)
    network.layers, network.parameters     # all there is to it: plain data and a vector

The members of an ensemble have the same layers; their parameters lie one member's after the
other's, and the logits of the ensemble are the mean of theirs. How logits are computed, in blocks
of rows, is described in inference.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from .checks import check_features, check_labels, check_rows
from .inference import infer
from .inputs import Inputs
from .layers.initializers import choose, stream
from .layers.layer import ONES, Layer
from .layers.stack import build, describe, split, total_size
from .losses import softmax
from .memory import aligned
from .metrics import Scores, score
from .scalars import whole

DTYPES = ("float32", "float64")


class Network:
    """Layers, and their parameters: a flat array that starts on a cache line."""

    def __init__(self, layers: tuple[Layer, ...], dtype: Any = "float32", members: int = 1) -> None:
        members = whole("members", members, least=1)
        self.structure, self.members = layers, members
        self.parameters = aligned(members * total_size(layers), dtype)
        for member in range(members):
            for tensors in self.tensors(member):
                for name in ONES:
                    if name in tensors:
                        tensors[name][...] = 1

    @classmethod
    def create(
        cls,
        inputs: int,
        hidden: Iterable[int],
        classes: int,
        activation: str = "relu",
        initializer: str = "auto",
        seed: int = 0,
        dtype: str = "float32",
        norm: str = "none",
        dropout: float = 0.0,
        members: int = 1,
        local: Sequence[tuple[int, int, int]] = (),
        shape: tuple[int, int, int] | None = None,
        components: int = 0,
    ) -> Network:
        """A network of dense layers with random weights, and biases of 0.

        norm, dropout (layers/layer.py): of all layers but the last. The first member has the
        weights that a network alone would have. local: (patch, stride, units) of each local layer
        ahead of the others (layers/local.py), of which the first reads images of `shape` (channels,
        height, width); components: of its patches, whitened.
        """
        options = {"activation": activation, "norm": norm, "dropout": dropout}
        layers = describe(inputs, local, shape, components, hidden, classes, **options)
        seed, network = whole("seed", seed), cls.from_layers(layers, dtype=dtype, members=members)
        everything = chain.from_iterable(map(network.tensors, range(members)))
        for number, tensors in enumerate(everything):
            draw = choose(initializer, network.structure[number % len(layers)].activation)
            rng, size = stream(seed, number), tensors["weights"].shape[-2:]
            for matrix in tensors["weights"].reshape(-1, *size):
                matrix[...] = draw(rng, *size)
        return network

    @classmethod
    def from_layers(
        cls,
        layers: Sequence[Mapping[str, Any]],
        parameters: np.ndarray | None = None,
        dtype: str | None = None,
        members: int | None = None,
    ) -> Network:
        """A network from descriptions of layers (layers/stack.py), with parameters or all zeros
        (gains and variances of ones).

        dtype: by default that of the parameters, else float32. members: by default as many as the
        parameters are for, else 1. Raises ValueError on a description that is not valid and on
        parameters that do not fit it or are not finite.
        """
        if dtype is None:
            dtype = "float32" if parameters is None else np.asarray(parameters).dtype.name
        if dtype not in DTYPES:
            raise ValueError(f"dtype: expected {' or '.join(DTYPES)}, found {dtype!r:.60}")
        structure, count = build(layers), 0 if parameters is None else np.size(parameters)
        if members is None:
            members = max(1, count // total_size(structure))
        network = cls(structure, dtype, members)
        if parameters is not None:
            network.assign(parameters)
        return network

    @property
    def layers(self) -> list[dict[str, Any]]:
        """The descriptions of the layers: plain data, ready for JSON."""
        return [layer.describe() for layer in self.structure]

    @property
    def dtype(self) -> np.dtype:
        """float32 or float64, for parameters and all arithmetic."""
        return self.parameters.dtype

    @property
    def inputs(self) -> int:
        """Number of features."""
        return self.structure[0].inputs

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return self.structure[-1].outputs

    def tensors(self, member: int = 0) -> list[dict[str, np.ndarray]]:
        """For each layer its weights (as its kind has them), biases (outputs,) and so on: views."""
        flat = self.parameters.reshape(self.members, -1)[member]
        return [layer.tensors(own) for layer, own in split(self.structure, flat)]

    def assign(self, parameters: np.ndarray) -> None:
        """Take over values for all parameters; ValueError unless they fit and are finite."""
        found, expected = np.asarray(parameters), self.parameters.shape
        if found.shape != expected:
            raise ValueError(f"parameters: expected shape {expected}, found {found.shape}")
        if not np.isfinite(found).all():
            raise ValueError("parameters: expected finite numbers, found infinity or NaN")
        self.parameters[...] = found
        self.check()

    def check(self) -> None:
        """ValueError where a variance is below 0."""
        for member in range(self.members):
            for number, tensors in enumerate(self.tensors(member)):
                least = tensors.get("variances", np.zeros(1)).min()
                if least < 0:
                    where = f"layers[{number}].variances"
                    raise ValueError(f"{where}: expected numbers of at least 0, found {least}")

    def logits(
        self,
        features: np.ndarray,
        rows: np.ndarray | None = None,
        inputs: Inputs | None = None,
        mirror: bool = False,
        workers: int | None = None,
    ) -> np.ndarray:
        """Logits (n, classes) for features (n, stored), or for those of some rows of them.

        inputs: what is done with stored rows first; None: nothing. mirror: the mean of the logits
        of an image and of its mirror image (inputs.shape says what an image is). workers: threads,
        by default one per core; the bits are the same.
        """
        features, inputs = np.asanyarray(features), inputs or Inputs()
        check_features(features, inputs, self.structure)
        if mirror and inputs.shape is None:
            raise ValueError("mirror: expected inputs with the shape of an image, found none")
        rows = np.arange(len(features)) if rows is None else check_rows(rows, len(features))
        if workers is not None:
            workers = whole("workers", workers, least=1)
        return infer(self.structure, self.parameters, features, rows, inputs, mirror, workers)

    def probabilities(self, features: np.ndarray, **options: Any) -> np.ndarray:
        """Probabilities (n, classes); options as for `logits`."""
        z = self.logits(features, **options)
        softmax(z)
        return z

    def evaluate(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        rows: np.ndarray | None = None,
        **options: Any,
    ) -> Scores:
        """Scores on features (n, stored) with labels (n,), or on some rows of both.

        Other options as for `logits`. Memory is bounded, whatever n, but for the logits. ValueError
        on what does not fit.
        """
        features, labels = np.asanyarray(features), np.asarray(labels)
        check_features(features, options.get("inputs") or Inputs(), self.structure)
        check_labels(labels, len(features), self.outputs)
        if rows is not None:
            rows = check_rows(rows, len(features))
            labels = labels[rows]
        return score(self.logits(features, rows, **options), labels.astype(np.int64))
