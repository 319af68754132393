"""A multi-layer perceptron: layers and one flat vector of parameters.

    network = Network.create(inputs=1024, hidden=(512, 256), classes=10, activation="relu")
    network.probabilities(images)          # (n, 1024) → (n, 10)
    network.layers, network.parameters     # all there is to it: plain data and a vector

Inference runs in blocks of `BLOCK` rows, the last one filled up with zeros: all matrix products
have one shape, so the answer for an image depends neither on how many images were asked for nor on
the number of workers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .activations import ACTIVATIONS
from .initializers import choose, stream
from .kernels import fetch
from .layers import Dense, build, split
from .losses import softmax
from .memory import aligned
from .metrics import Scores, score
from .processor import OneBlasThread, cores

BLOCK = 256
DTYPES = ("float32", "float64")


class Network:
    """Layers, and their parameters: a flat array that starts on a cache line."""

    def __init__(self, layers: tuple[Dense, ...], dtype: Any = "float32") -> None:
        self.structure = layers
        self.parameters = aligned(sum(layer.size for layer in layers), dtype)

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
    ) -> Network:
        """A network of dense layers with random weights, and biases of 0."""
        widths = [inputs, *hidden, classes]
        activations = [activation] * (len(widths) - 2) + ["linear"]
        network = cls.from_layers(
            [
                {"kind": "dense", "inputs": below, "outputs": above, "activation": name}
                for (below, above), name in zip(pairwise(widths), activations, strict=True)
            ],
            dtype=dtype,
        )
        for number, (layer, own) in enumerate(split(network.structure, network.parameters)):
            W, _ = layer.views(own)
            draw = choose(initializer, layer.activation)
            W[...] = draw(stream(seed, number), layer.inputs, layer.outputs)
        return network

    @classmethod
    def from_layers(
        cls,
        layers: Sequence[Mapping[str, Any]],
        parameters: np.ndarray | None = None,
        dtype: str | None = None,
    ) -> Network:
        """A network from the description of its layers (layers.py), with parameters or all zeros.

        dtype: by default that of the parameters, else float32. Raises ValueError on a description
        that is not valid and on parameters that do not fit it or are not finite.
        """
        if dtype is None:
            dtype = "float32" if parameters is None else np.asarray(parameters).dtype.name
        if dtype not in DTYPES:
            raise ValueError(f"dtype: expected {' or '.join(DTYPES)}, found {dtype!r:.60}")
        network = cls(build(layers), dtype)
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

    def tensors(self) -> list[dict[str, np.ndarray]]:
        """For each layer its weights (inputs, outputs) and biases (outputs,): views."""
        return [
            dict(zip(("weights", "biases"), layer.views(own), strict=True))
            for layer, own in split(self.structure, self.parameters)
        ]

    def assign(self, parameters: np.ndarray) -> None:
        """Take over values for all parameters; ValueError unless they fit and are finite."""
        found, expected = np.asarray(parameters), self.parameters.shape
        if found.shape != expected:
            raise ValueError(f"parameters: expected shape {expected}, found {found.shape}")
        if not np.isfinite(found).all():
            raise ValueError("parameters: expected finite numbers, found infinity or NaN")
        self.parameters[...] = found

    def logits(
        self,
        features: np.ndarray,
        rows: np.ndarray | None = None,
        standardization: np.ndarray | None = None,
        workers: int | None = None,
    ) -> np.ndarray:
        """Logits (n, classes) for features (n, inputs), or for those of some rows of them.

        standardization: (mean, 1/deviation), each (inputs,), applied to the features first; None or
        empty: as they are. workers: threads, by default one per core; the bits are the same.
        """
        features = np.asanyarray(features)
        if features.ndim != 2 or features.shape[1] != self.inputs:
            raise ValueError(f"features: expected (n, {self.inputs}), found {features.shape}")
        rows = np.arange(len(features)) if rows is None else np.asarray(rows, np.int64)
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(features):
            found = f"{rows.min()} to {rows.max()}"
            raise ValueError(f"rows: expected numbers in [0, {len(features)}), found {found}")
        out = np.empty((len(rows), self.outputs), self.dtype)
        starts = range(0, len(rows), BLOCK)
        workers = max(1, min(workers or cores(), len(starts)))

        def share(worker: int) -> None:
            forward = _Forward(self, features, standardization)
            with np.errstate(all="ignore"):
                for start in starts[worker::workers]:
                    part = slice(start, start + BLOCK)
                    out[part] = forward(rows[part])

        with OneBlasThread():
            if workers == 1:
                share(0)
            else:
                from concurrent.futures import ThreadPoolExecutor

                with ThreadPoolExecutor(workers) as pool:
                    list(pool.map(share, range(workers)))
        return out

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
        """Scores on features (n, inputs) with labels (n,), or on some rows of both.

        Other options as for `logits`. Memory is bounded, whatever n, but for the logits.
        """
        truth = np.asarray(labels if rows is None else np.asarray(labels)[rows], np.int64)
        return score(self.logits(features, rows, **options), truth)


class _Forward:
    """The forward pass of one worker, on buffers for one block of rows."""

    def __init__(
        self, network: Network, features: np.ndarray, standardization: np.ndarray | None
    ) -> None:
        dtype = network.dtype
        self._features, self._staging, self._standardization = features, None, None
        if standardization is not None and len(standardization):
            self._standardization = np.asarray(standardization, dtype)
        self._layers = [
            (
                layer.views(own),
                ACTIVATIONS[layer.activation],
                np.empty((BLOCK, layer.outputs), dtype),
            )
            for layer, own in split(network.structure, network.parameters)
        ]
        self._x = np.zeros((BLOCK, network.inputs), dtype)
        if features.dtype != dtype:
            self._staging = np.empty(self._x.shape, features.dtype)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Logits of up to BLOCK rows; to be copied before the next call."""
        x, count = self._x, len(rows)
        fetch(self._features, rows, x[:count], self._standardization, self._staging)
        x[count:] = 0
        for (W, b), activation, out in self._layers:
            np.matmul(x, W, out=out)
            np.add(out, b, out=out)
            activation.value(out)
            x = out
        return x[:count]
