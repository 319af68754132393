"""The network of a recipe in PyTorch, on activations that lie column by column: (columns, rows).

So patches of all images are runs of lines, the products of a local layer are one `torch.bmm` over
positions, its outputs (positions, units, rows) are (columns, rows) without a copy, and the native
batch normalisation takes them as one image of so many channels. For dense layers it makes no
difference. Layers ahead of a normalisation have no biases.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from stages.locality import parse_levels
from stages.neuralnet.layers.local import Local
from tests.benchmarks.recipes.task import Task

ACTIVATIONS = {
    "relu": nn.functional.relu,
    "gelu": lambda z: nn.functional.gelu(z, approximate="tanh"),
    "silu": nn.functional.silu,
}


class Windows(torch.autograd.Function):
    """x (numbers, rows) → its lines `places`; back: the sum over the places that each line went to.

    back: (most places of a line, numbers), where the lines are found again; what is beyond the last
    one is a line of zeros. `index_select` has an `index_add_` for its derivative, which is slow.
    """

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor, places: Tensor, back: Tensor):
        ctx.save_for_backward(back)
        return x.index_select(0, places)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, delta: Tensor):
        (back,) = ctx.saved_tensors
        delta = torch.cat([delta, delta.new_zeros(1, delta.shape[1])])
        total = delta.index_select(0, back[0])
        for places in back[1:]:
            total = total + delta.index_select(0, places)
        return total, None, None


def returns(places: np.ndarray, count: int) -> np.ndarray:
    """For `Windows`: back, of the lines (n,) that each of n results is made of."""
    times = np.bincount(places, minlength=count)
    order = np.argsort(places, kind="stable")
    rank = np.arange(len(places)) - np.repeat(np.cumsum(times) - times, times)
    back = np.full((times.max(), count), len(places))
    back[rank, places[order]] = order
    return back


class LocalLayer(nn.Module):
    """W (positions, units, numbers) of patches (positions, numbers, rows), or of a map below."""

    def __init__(self, layer: Local, whitening: np.ndarray | None, scale: float, bias: bool):
        super().__init__()
        positions, numbers, units = layer.shape_of_weights
        self.weight = he_uniform(positions, units, numbers)
        self.bias = nn.Parameter(torch.zeros(positions * units)) if bias else None
        self._whitening = self._offsets = self._back = None
        if whitening is not None:
            self._whitening = torch.from_numpy(np.ascontiguousarray(whitening[1:].T) * scale)
            self._offsets = torch.from_numpy(np.array(whitening[0])) if bias else None
        if layer.channels_last:
            places = layer.indices().reshape(-1)
            self._places = torch.from_numpy(places)
            self._back = torch.from_numpy(returns(places, layer.inputs))

    def forward(self, x: Tensor) -> Tensor:
        W = self.weight
        if self._back is not None:
            x = Windows.apply(x, self._places, self._back).view(len(W), W.shape[2], -1)
        if self._whitening is not None:
            W = (W.flatten(0, 1) @ self._whitening).view(*W.shape[:2], -1)
        z = torch.bmm(W, x).flatten(0, 1)
        if self._offsets is not None:
            z = z + (self.weight @ self._offsets).view(-1, 1)
        return z if self.bias is None else z + self.bias[:, None]


class DenseLayer(nn.Module):
    """W (outputs, inputs)."""

    def __init__(self, inputs: int, outputs: int, bias: bool, last: bool = False) -> None:
        super().__init__()
        self.weight = he_uniform(outputs, inputs)
        if last:  # Glorot's, ahead of the softmax
            bound = math.sqrt(6 / (inputs + outputs))
            nn.init.uniform_(self.weight, -bound, bound)
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return self.weight @ x
        return torch.addmm(self.bias[:, None], self.weight, x)


class Norm(nn.BatchNorm1d):
    """Batch normalisation of (columns, rows)."""

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z[None])[0]


class Activate(nn.Module):
    """The activation of that name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._function = ACTIVATIONS[name]

    def forward(self, z: Tensor) -> Tensor:
        return self._function(z)


def he_uniform(*shape: int) -> nn.Parameter:
    bound = math.sqrt(6 / shape[-1])
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))


def make_network(task: Task, classes: int, width: int, scale: float) -> nn.Sequential:
    """width: of the inputs of dense layers; scale: of the patches that local ones get."""
    values, inputs = task.values, task.inputs
    norm, shape, layers = values["batchnorm"], inputs.shape, []
    for number, level in enumerate(parse_levels(values["local"])):
        last = number > 0
        whitening = None if last else inputs.whitening
        kept = 0 if whitening is None else whitening.shape[1]
        layer = Local.of(shape, *level, activation="relu", components=kept, channels_last=last)
        layers.append((LocalLayer(layer, whitening, 1 if last else scale, not norm), layer.outputs))
        width, shape = layer.outputs, layer.above
    for below, above in pairwise((width, *values["hidden"])):
        layers.append((DenseLayer(below, above, not norm), above))
    modules: list[nn.Module] = []
    for module, outputs in layers:
        modules += [module, *([Norm(outputs)] if norm else []), Activate(values["activation"])]
    below = layers[-1][1] if layers else width
    return nn.Sequential(*modules, DenseLayer(below, classes, bias=True, last=True))
