"""An independent reference for what training does to a network."""

from __future__ import annotations

import itertools

import numpy as np

from stages.neuralnet import Network


def gelu_tanh(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The tanh in gelu's tanh form, and what it is taken of, derived by z."""
    root = np.sqrt(2 / np.pi)
    return np.tanh(root * (z + 0.044715 * z**3)), root * (1 + 3 * 0.044715 * z**2)


FUNCTIONS = {
    "relu": (lambda z: np.where(z > 0, z, 0), lambda z: np.where(z > 0, 1, 0)),
    "leaky_relu": (lambda z: np.where(z > 0, z, z / 100), lambda z: np.where(z > 0, 1, 0.01)),
    "elu": (
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z: np.exp(np.minimum(z, 0)),
    ),
    "gelu": (
        lambda z: z * (1 + gelu_tanh(z)[0]) / 2,
        lambda z: (1 + gelu_tanh(z)[0]) / 2 + z * (1 - gelu_tanh(z)[0] ** 2) * gelu_tanh(z)[1] / 2,
    ),
    "silu": (
        lambda z: z / (1 + np.exp(-z)),
        lambda z: (1 + np.exp(-z) * (1 + z)) / (1 + np.exp(-z)) ** 2,
    ),
    "sigmoid": (
        lambda z: 1 / (1 + np.exp(-z)),
        lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    ),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "linear": (lambda z: z, np.ones_like),
}


def product(layer, x: np.ndarray, W: np.ndarray, whitening: np.ndarray | None) -> np.ndarray:
    """x (n, inputs) times the weights of a layer; a local one: patch after patch."""
    if layer.kind == "dense":
        return x @ W
    images, found = x.reshape(-1, *layer.shape), []
    if layer.channels_last:
        images = images.transpose(0, 3, 1, 2)
    ends = [(n - layer.patch, -(-(n - layer.patch) // layer.stride)) for n in images.shape[2:]]
    places = [[min(k * layer.stride, end) for k in range(count + 1)] for end, count in ends]
    for y, x0 in itertools.product(*places):
        patch = images[:, :, y : y + layer.patch, x0 : x0 + layer.patch]
        patch = (patch.transpose(0, 2, 3, 1) if layer.channels_last else patch).reshape(len(x), -1)
        if whitening is not None:
            patch = patch @ whitening[1:] + whitening[0]
        found.append(patch @ W[len(found)])
    return np.concatenate(found, axis=1)


def reference_forward(net: Network, x: np.ndarray) -> tuple[list, list]:
    """The inputs of each layer and what enters its activation, in float64."""
    inputs, zs, a = [], [], x.astype(np.float64)
    for tensors, layer in zip(net.tensors(), net.layers, strict=True):
        inputs.append(a)
        zs.append(a @ tensors["weights"].astype(np.float64) + tensors["biases"])
        a = FUNCTIONS[layer["activation"]][0](zs[-1])
    return inputs, zs


def reference_loss(net: Network, x: np.ndarray, y: np.ndarray) -> float:
    z = reference_forward(net, x)[1][-1]
    return float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]).mean())


def reference_gradient(net: Network, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The gradient of the mean loss, by the book, in float64."""
    inputs, zs = reference_forward(net, x)
    p = np.exp(zs[-1]) / np.exp(zs[-1]).sum(axis=1, keepdims=True)
    delta = (p - np.eye(p.shape[1])[y]) / len(y)
    pieces = []
    for n in reversed(range(len(zs))):
        delta = delta * FUNCTIONS[net.layers[n]["activation"]][1](zs[n])
        pieces += [delta.sum(axis=0), (inputs[n].T @ delta).ravel()]
        delta = delta @ net.tensors()[n]["weights"].T.astype(np.float64)
    return np.concatenate(pieces[::-1])


def reference_training(
    net: Network,
    features: np.ndarray,
    labels: np.ndarray,
    orders: list[np.ndarray],
    rates: list[float],
    batch: int,
    momentum: float,
    l2: float,
) -> np.ndarray:
    """Parameters after momentum SGD with L2 on weights, by the book."""
    decayed = np.concatenate(
        [np.repeat([1.0, 0.0], [t["weights"].size, t["biases"].size]) for t in net.tensors()]
    )
    velocity = np.zeros(net.parameters.size)
    for order, lr in zip(orders, rates, strict=True):
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            gradient = reference_gradient(net, features[rows], labels[rows])
            velocity = momentum * velocity + gradient + l2 * decayed * net.parameters
            net.parameters -= lr * velocity
    return net.parameters
