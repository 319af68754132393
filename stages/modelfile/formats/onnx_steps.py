"""The operators of ONNX that each step of a model becomes.

    NODES[kind](graph, x, *constants) → name of the result

x and the constants are names of values in the graph. Where ONNX has an operator of its own that
ONNX Runtime computes in float64 as well, it is that one; the others are made of simpler ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from stages.neuralnet.inputs import LEAST_DEVIATION
from stages.neuralnet.layers.activations import LEAK
from stages.neuralnet.layers.gated import CUBE, ROOT
from stages.neuralnet.layers.normalization import EPSILON

FLOAT, DOUBLE = 1, 11  # of onnx.TensorProto


class Node(NamedTuple):
    """One operator and the names of what goes in and comes out."""

    op: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]


class Graph:
    """Nodes in the order of their work, and constants by name; `dtype` is that of the network."""

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype
        self.nodes: list[Node] = []
        self.constants: dict[str, np.ndarray] = {}

    def node(self, op: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add an operator; the name of its output, by default one that no other has."""
        output = output or f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(Node(op, inputs, output, attributes))
        return output

    def constant(self, name: str, array: np.ndarray) -> str:
        """Add a constant that has this name; the name."""
        self.constants[name] = np.asarray(array)
        return name

    def number(self, name: str, value: float) -> str:
        """Add a number, in the dtype of the network; its name."""
        return self.constant(name, np.asarray(value, self.dtype))


def _colors(graph: Graph, x: str) -> str:
    return graph.node("Flatten", graph.node("Cast", x, to=FLOAT), axis=1)


def _rows(graph: Graph, x: str) -> str:
    return graph.node("Identity", x)


def _luma(graph: Graph, x: str, *weights: str) -> str:
    """Products and sums one by one, as training rounds them."""
    x, total = graph.node("Cast", x, to=FLOAT), ""
    for channel, weight in enumerate(weights):
        where = graph.constant(f"{weight}_channel", np.array([channel], np.int64))
        part = graph.node("Mul", graph.node("Gather", x, where, axis=1), weight)
        total = graph.node("Add", total, part) if total else part
    return graph.node("Flatten", total, axis=1)


def _cast(graph: Graph, x: str) -> str:
    return graph.node("Cast", x, to=DOUBLE)


def _contrast(graph: Graph, x: str) -> str:
    mean = graph.node("ReduceMean", x, axes=[1], keepdims=1)
    x = graph.node("Sub", x, mean)
    variance = graph.node("ReduceMean", graph.node("Mul", x, x), axes=[1], keepdims=1)
    deviation = graph.node("Sqrt", variance)
    least = graph.number("least_deviation", LEAST_DEVIATION)
    return graph.node("Div", x, graph.node("Max", deviation, least))


def _standardize(graph: Graph, x: str, mean: str, inverse: str) -> str:
    return graph.node("Mul", graph.node("Sub", x, mean), inverse)


def _dense(graph: Graph, x: str, weights: str, biases: str = "") -> str:
    return graph.node("Gemm", x, weights, biases) if biases else graph.node("MatMul", x, weights)


def _local(graph: Graph, x: str, weights: str, indices: str, offsets: str) -> str:
    """All patches at once: (n, positions, numbers) by (positions, numbers, units)."""
    patches = graph.node("Gather", x, indices, axis=1)
    x = graph.node("Einsum", patches, weights, equation="npi,piu->npu")
    return graph.node("Add", graph.node("Flatten", x, axis=1), offsets)


def _batch_norm(graph: Graph, x: str, *vectors: str) -> str:
    return graph.node("BatchNormalization", x, *vectors, epsilon=EPSILON)


def _layer_norm(graph: Graph, x: str, gains: str, biases: str) -> str:
    return graph.node("LayerNormalization", x, gains, biases, axis=-1, epsilon=EPSILON)


def _leaky_relu(graph: Graph, x: str) -> str:
    return graph.node("Max", x, graph.node("Mul", x, graph.number("leak", LEAK)))


def _elu(graph: Graph, x: str) -> str:
    below = graph.node("Exp", graph.node("Min", x, graph.number("zero", 0)))
    return graph.node("Max", x, graph.node("Sub", below, graph.number("one", 1)))


def _silu(graph: Graph, x: str) -> str:
    """x / (1 + exp -x). Of x σ(x) ONNX Runtime makes one operator, in float32 alone."""
    power = graph.node("Exp", graph.node("Neg", x))
    return graph.node("Div", x, graph.node("Add", power, graph.number("silu_one", 1)))


def _gelu(graph: Graph, x: str) -> str:
    """x σ(2u), u = √(2/π) (x + 0.044715 x³): the tanh form; opset 17 has no Gelu."""
    square = graph.node("Mul", x, x)
    cubic = graph.node("Mul", square, graph.number("gelu_cubic", 2 * ROOT * CUBE))
    slope = graph.node("Add", cubic, graph.number("gelu_linear", 2 * ROOT))
    return graph.node("Mul", x, graph.node("Sigmoid", graph.node("Mul", slope, x)))


def _simple(op: str) -> Callable[..., str]:
    def add(graph: Graph, x: str, *constants: str) -> str:
        return graph.node(op, x, *constants)

    return add


NODES: dict[str, Callable[..., str]] = {
    "colors": _colors,
    "rows": _rows,
    "luma": _luma,
    "round": _simple("Round"),
    "scale": _simple("Mul"),
    "offset": _simple("Add"),
    "cast": _cast,
    "contrast": _contrast,
    "standardize": _standardize,
    "whiten": _dense,
    "local": _local,
    "dense": _dense,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "relu": _simple("Relu"),
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "gelu": _gelu,
    "silu": _silu,
    "sigmoid": _simple("Sigmoid"),
    "tanh": _simple("Tanh"),
}
