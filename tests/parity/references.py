"""Lion and Muon in PyTorch's operations, float64, as their papers have them."""

from __future__ import annotations

import math

import torch


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
