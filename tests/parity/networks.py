"""Whole trainings: the Trainer and a PyTorch network, side by side for 100 steps in float64.

Both begin with the same parameters and see the same batches. Dropout's masks are read from the
Trainer after each step and multiplied in by PyTorch. Compared are all parameters at the end, those
of batch normalisation that were observed included.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import torch

from stages.neuralnet import Inputs, Network, Trainer
from stages.neuralnet.optimizers import make_optimizer
from stages.neuralnet.step.layout import Layout

from .functions import STEPS, THEIRS, Pair
from .references import LionByThePaper, LocallyConnected, MuonByThePaper

F, BATCH, ROWS, SIZES = torch.nn.functional, 32, 320, (20, 24, 16, 5)
IMAGE = 2, 9, 7
LEVELS = (3, 2, 4), (3, 1, 6)
Optimizers = Callable[[list, list, list], list[torch.optim.Optimizer]]


class Counterpart(torch.nn.Module):
    """A network as PyTorch would write it, with the parameters of ours."""

    def __init__(self, ours: Network) -> None:
        super().__init__()
        self.activation = THEIRS[ours.structure[0].activation]
        self.linears, self.norms = torch.nn.ModuleList(), torch.nn.ModuleList()
        for layer, tensors in zip(ours.structure, ours.tensors(), strict=True):
            bias = layer.norm == "none"
            local = layer.kind == "local"
            kind = partial(LocallyConnected, layer) if local else torch.nn.Linear
            linear = kind(layer.inputs, layer.outputs, bias, dtype=torch.float64)
            norm = {"batch": torch.nn.BatchNorm1d, "layer": torch.nn.LayerNorm}.get(layer.norm)
            norm = norm(layer.outputs, dtype=torch.float64) if norm else torch.nn.Identity()
            with torch.no_grad():
                linear.weight[...] = torch.tensor(tensors["weights"]).mT
                if bias:
                    linear.bias[...] = torch.tensor(tensors["biases"])
            self.linears.append(linear)
            self.norms.append(norm)

    def forward(self, x: torch.Tensor, masks: list[torch.Tensor | float]) -> torch.Tensor:
        for linear, norm, mask in zip(self.linears[:-1], self.norms, masks, strict=False):
            x = self.activation(norm(linear(x))) * mask
        return self.linears[-1](x)

    def groups(self) -> tuple[list, list, list]:
        """Weights of the hidden layers, those of the last one, and all else."""
        weights = [linear.weight for linear in self.linears]
        rest = [p for p in self.parameters() if all(p is not weight for weight in weights)]
        return weights[:-1], weights[-1:], rest

    def tensors(self) -> list[np.ndarray]:
        """In the order of our parameters."""
        found = []
        for linear, norm in zip(self.linears, self.norms, strict=True):
            plain = isinstance(norm, torch.nn.Identity)
            found += [linear.weight.mT, linear.bias if plain else norm.bias]
            found += [] if plain else [norm.weight]
            found += [norm.running_mean, norm.running_var] if hasattr(norm, "running_var") else []
        return [tensor.detach().numpy() for tensor in found]


def regular(kind: Callable[..., torch.optim.Optimizer], strength: float, **options) -> Optimizers:
    """Weights with PyTorch's weight_decay, all else without."""

    def make(hidden: list, last: list, rest: list) -> list[torch.optim.Optimizer]:
        groups = [
            {"params": hidden + last, "weight_decay": strength},
            {"params": rest, "weight_decay": 0},
        ]
        return [kind(groups, lr=1.0, **options)]

    return make


def lion(hidden: list, last: list, rest: list) -> list[torch.optim.Optimizer]:
    return [LionByThePaper(hidden + last, 1.0), LionByThePaper(rest, 1.0, decay=0)]


def muon(hidden: list, last: list, rest: list) -> list[torch.optim.Optimizer]:
    adam = regular(partial(torch.optim.AdamW, betas=(0.9, 0.95)), 0.1)([], last, rest)[0]
    adam.part = 0.015
    return [MuonByThePaper(hidden, 1.0, transposed=True), adam]


def training(
    activation: str = "relu",
    norm: str = "none",
    dropout: float = 0.0,
    smoothing: float = 0.0,
    clip: float = 0.0,
    name: str = "sgd",
    theirs: Optimizers | None = None,
    lr: float = 0.05,
    local: tuple[tuple[int, int, int], ...] = (),
    components: int = 0,
    **options: float,
) -> Iterable[Pair]:
    rng = np.random.default_rng(4)
    inputs = math.prod(IMAGE) if local else SIZES[0]
    features, labels = rng.standard_normal((ROWS, inputs)), rng.integers(0, SIZES[-1], ROWS)
    orders = rng.permuted(np.tile(np.arange(ROWS), (STEPS * BATCH // ROWS, 1)), axis=1)
    shape = {"hidden": SIZES[1:-1], "norm": norm, "dropout": dropout, "dtype": "float64"}
    if local:
        shape |= {"hidden": SIZES[2:-1], "local": local, "shape": IMAGE, "components": components}
    ours = Network.create(inputs, classes=SIZES[-1], activation=activation, **shape)
    model = Counterpart(ours)
    whitening = rng.standard_normal((1 + IMAGE[0] * 9, components)) / 5 if components else None
    if components:
        model.linears[0].whitening = torch.tensor(whitening)
    make = theirs or regular(torch.optim.SGD, 0.01, momentum=0.9)
    optimizers = make(*model.groups())
    options = options if theirs else {"l2": 0.01}
    given = {"batch": BATCH, "order": lambda epoch: orders[epoch], "executor": "serial"}
    given |= {"smoothing": smoothing, "clip": clip, "workers": 1}
    given |= {"inputs": Inputs(whitening=whitening)}
    with Trainer(ours, make_optimizer(name, **options), features, labels, **given) as trainer:
        for step in range(STEPS):
            rate = lr * (1.5 + np.sin(step))
            epoch, within = divmod(step, trainer.steps)
            trainer.run(epoch, within, within + 1, rate)
            view = Layout(ours.structure, trainer._settings).view
            count, ones = len(ours.structure) - 1, np.ones((1, 1))
            masks = [view(trainer._arrays.get(f"mask {n}", ones)).copy() for n in range(count)]
            rows = orders[epoch][within * BATCH : (within + 1) * BATCH]
            z = model(torch.tensor(features[rows]), [torch.tensor(mask) for mask in masks])
            model.zero_grad()
            F.cross_entropy(z, torch.tensor(labels[rows]), label_smoothing=smoothing).backward()
            gradients = [p.grad for p in model.parameters()]
            length = torch.stack([gradient.norm() for gradient in gradients]).norm()
            for gradient in gradients:  # as PyTorch clips, without its 1e-6 beside the norm
                gradient *= min(1.0, clip / length) if clip else 1.0
            for each in optimizers:
                for group in each.param_groups:
                    group["lr"] = rate * getattr(each, "part", 1.0)
                each.step()
    found = [tensor for tensors in ours.tensors() for tensor in tensors.values()]
    yield from zip(found, model.tensors(), strict=True)


O = torch.optim  # noqa: E741
NORMS = ("none", "batch", "layer")
OPTIMIZERS = {
    "Nesterov": {
        "name": "sgd",
        "theirs": regular(O.SGD, 0.01, momentum=0.9, nesterov=True),
        "nesterov": True,
        "l2": 0.01,
    },
    "RMSprop": {"name": "rmsprop", "theirs": regular(O.RMSprop, 0.01), "l2": 0.01, "lr": 1e-3},
    "Adam": {"name": "adam", "theirs": regular(O.Adam, 0.01), "l2": 0.01, "lr": 1e-3},
    "AdamW": {"name": "adamw", "theirs": regular(O.AdamW, 0.01), "lr": 1e-3},
    "Lion": {"name": "lion", "theirs": lion, "weight_decay": 0.1, "lr": 1e-3},
    "Muon": {"name": "muon", "theirs": muon, "weight_decay": 0.1, "lr": 0.02},
}
ALL = {"norm": "batch", "dropout": 0.25, "smoothing": 0.1, "clip": 0.5, "activation": "gelu"}

COMPARISONS: dict[str, Callable[[], Iterable[Pair]]] = {
    f"{activation}, norm {norm}": partial(training, activation, norm)
    for activation in THEIRS
    for norm in NORMS
}
COMPARISONS |= {
    f"{name}, norm {norm}": partial(training, norm=norm, **options)
    for name, options in OPTIMIZERS.items()
    for norm in NORMS
}
COMPARISONS |= {
    "dropout": partial(training, dropout=0.25),
    "smoothing": partial(training, smoothing=0.1),
    "clipping": partial(training, clip=0.3),
    "all of these": partial(training, **ALL),
    "all of these, AdamW": partial(training, **ALL, **OPTIMIZERS["AdamW"]),
    "all of these, Muon": partial(training, **ALL, **OPTIMIZERS["Muon"]),
    "local": partial(training, local=LEVELS),
    "local, all of these": partial(training, **ALL, local=LEVELS, components=7),
    "local, norm layer, AdamW": partial(
        training, norm="layer", local=LEVELS, components=7, **OPTIMIZERS["AdamW"]
    ),
}
