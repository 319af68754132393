"""What PyTorch lacks, in its operations, float64: Lion and Muon by their papers, local layers."""

from __future__ import annotations

import math
from typing import Any

import torch

from stages.neuralnet import Local

F = torch.nn.functional


class LionByThePaper(torch.optim.Optimizer):
    """Chen et al. (2023), algorithm 2."""

    def __init__(self, parameters, lr: float, decay: float = 0.1) -> None:
        super().__init__(parameters, {"lr": lr, "decay": decay})

    @torch.no_grad()
    def step(self) -> None:
        group = self.param_groups[0]
        for W in group["params"]:
            m = self.state[W].get("m", torch.zeros_like(W))
            direction = torch.sign(0.9 * m + 0.1 * W.grad)
            self.state[W]["m"] = 0.99 * m + 0.01 * W.grad
            W -= group["lr"] * (direction + group["decay"] * W)


class MuonByThePaper(torch.optim.Optimizer):
    """Jordan (2024), for W (inputs, outputs), or transposed, as a PyTorch layer has it."""

    def __init__(self, parameters, lr: float, transposed: bool = False) -> None:
        super().__init__(parameters, {"lr": lr, "decay": 0.1})
        self.transposed = transposed

    @torch.no_grad()
    def step(self) -> None:
        group = self.param_groups[0]
        for W in group["params"]:
            G = W.grad if self.transposed else W.grad.T
            M = 0.95 * self.state[W].get("M", torch.zeros_like(G)) + G
            self.state[W]["M"] = M
            step = newton_schulz(G + 0.95 * M) * math.sqrt(max(1, G.shape[0] / G.shape[1]))
            step = step if self.transposed else step.T
            W -= group["lr"] * (step + group["decay"] * W)


def newton_schulz(G: torch.Tensor) -> torch.Tensor:
    a, b, c = 3.4445, -4.7750, 2.0315
    X = (G.T if G.shape[0] > G.shape[1] else G) / G.norm()
    for _ in range(5):
        A = X @ X.T
        X = a * X + (b * A + c * A @ A) @ X
    return X.T if G.shape[0] > G.shape[1] else X


class LocallyConnected(torch.nn.Module):
    """PyTorch's windows of images or maps (unfold), each times a matrix of its own."""

    def __init__(self, layer: Local, inputs: int, outputs: int, bias: bool, dtype: Any) -> None:
        super().__init__()
        self.layer, shape = layer, layer.shape_of_weights
        self.weight = torch.nn.Parameter(torch.empty(shape, dtype=dtype).mT.contiguous())
        self.bias = torch.nn.Parameter(torch.zeros(outputs, dtype=dtype)) if bias else None
        self.whitening = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        layer, last = self.layer, self.layer.channels_last
        images = x.reshape(-1, *layer.shape)
        images = images.permute(0, 3, 1, 2) if last else images
        windows = F.unfold(images, layer.patch, stride=layer.stride)  # (n, channels · patch², …)
        windows = windows.reshape(len(x), -1, layer.patch**2, windows.shape[-1])
        windows = windows.transpose(1, 2) if last else windows
        patches = windows.flatten(1, 2).permute(2, 0, 1)  # (positions, n, numbers)
        if self.whitening is not None:
            patches = patches @ self.whitening[1:] + self.whitening[0]
        z = (patches @ self.weight.mT).transpose(0, 1).flatten(1)
        return z if self.bias is None else z + self.bias
