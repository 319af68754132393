"""A network that gon saved (gon.py), as a model. The file is read with a bound on all of it.

A neuron's weights are counted before they become numbers, and the layers before they become a
network: a hostile file of any size takes its own size and at most `WEIGHTS` numbers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.errors import DataError
from pipeline.store.files import open_file
from stages import neuralnet as nn
from stages.modelfile.formats.gon import PARAMS, PIXELS, SHAPE
from stages.modelfile.formats.scanner import Scanner
from stages.modelfile.model import Model
from stages.modelfile.networks import LAYERS
from stages.modelfile.strict import require

BYTES = 1 << 28  # of a file: ten times a network of 1024-512-256-10
WEIGHTS, NEURONS = 1 << 24, 1_000_000  # of a network, and of a layer
CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
NEURON = ("Output", "Momentum", "AccumulatedWeightGradients", "AccumulatedBiasGradient")
Layer = tuple[np.ndarray, np.ndarray]  # weights (neurons, inputs) and biases (neurons,)


def read_gon(path: Path) -> Model:
    """The model in a file of gon's. Raises `DataError`, in one line, where it holds none."""
    try:
        with open_file(path) as file:
            size = os.fstat(file.fileno()).st_size
            require(size <= BYTES, f"expected at most {BYTES:,} bytes, found {size:,}")
            return to_model(*_parse(Scanner(file.read())))
    except OSError as error:
        raise DataError(f"expected a readable file at {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not a network that gon saved: {error}") from None


def to_model(layers: list[Layer], options: dict[str, float]) -> Model:
    """The network as a model of float64. It has the classes of CIFAR-10, where it is for ten."""
    last = len(layers) - 1
    network = nn.Network.from_layers(
        [
            {
                "kind": "dense",
                "inputs": weights.shape[1],
                "outputs": len(weights),
                "activation": "linear" if number == last else "relu",
            }
            for number, (weights, _) in enumerate(layers)
        ],
        dtype="float64",
    )
    for tensors, (weights, biases) in zip(network.tensors(), layers, strict=True):
        tensors["weights"][...], tensors["biases"][...] = weights.T, biases
    names = tuple(f"class {number}" for number in range(network.outputs))
    nothing = np.empty((0, PIXELS), np.float32)
    return Model(
        dataset="cifar10",
        classes=CLASSES if len(names) == len(CLASSES) else names,
        shape=SHAPE,
        color=False,
        scale="unit",
        contrast=False,
        storage="float32",
        standardization=nothing,
        whitening=nothing,
        tta=False,
        network=network,
        training={"program": "gon", "options": options},
        evaluation={},
    )


def _parse(scanner: Scanner) -> tuple[list[Layer], dict[str, float]]:
    """Layers and options of training, from a scanner at the beginning of the file."""
    layers: list[Layer] = []
    options: dict[str, float] = {}
    for name in _fields(scanner, ("Layers",), ("Input", "Params", "PrevLayerOutputsBuffer")):
        if name == "Layers":
            for _ in scanner.items():
                require(len(layers) < LAYERS, f"expected at most {LAYERS} layers, found more")
                layers.append(_layer(scanner, len(layers[-1][1]) if layers else PIXELS))
                total = sum(weights.size for weights, _ in layers)
                require(total <= WEIGHTS, f"expected at most {WEIGHTS:,} weights, found more")
        elif name == "Params":
            for key in _fields(scanner, (), tuple(PARAMS)):
                options[PARAMS[key]] = scanner.number()
        else:
            scanner.skip()
    scanner.end()
    require(bool(layers), "expected layers, found none")
    return layers, options


def _layer(scanner: Scanner, inputs: int) -> Layer:
    weights: list[np.ndarray] = []
    biases: list[float] = []
    most = min(NEURONS, WEIGHTS // inputs)
    for name in _fields(scanner, ("Neurons",), ("Deltas", "Activation")):
        if name == "Activation":
            for field in scanner.members():
                require(False, f"Activation: expected {{}}, as gon writes it, found {field!a:.40}")
        if name == "Deltas":
            scanner.skip()
        if name != "Neurons":
            continue
        for _ in scanner.items():
            require(len(weights) < most, f"expected at most {most:,} neurons, found more")
            for key in _fields(scanner, ("Weights", "Bias"), NEURON):
                if key == "Weights":
                    weights.append(scanner.numbers(inputs))
                elif key == "Bias":
                    biases.append(scanner.number())
                else:
                    scanner.skip()
    require(bool(weights), "expected neurons in each layer, found none")
    return np.array(weights), np.array(biases)


def _fields(scanner: Scanner, needed: tuple[str, ...], others: tuple[str, ...]) -> Iterator[str]:
    """The keys of an object: all that are needed, once each, and none that is not known."""
    found = set()
    for name in scanner.members():
        known = name in needed or name in others
        require(known, f"expected the fields {', '.join((*needed, *others))}, found {name!a:.40}")
        require(name not in found, f"expected each field once, found {name} twice")
        found.add(name)
        yield name
    missing = ", ".join(sorted(set(needed) - found))
    require(not missing, f"expected the fields {', '.join(needed)}, found no {missing}")
