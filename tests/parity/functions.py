"""Each function of the network library and its counterpart, on the same random numbers.

    comparison() -> pairs (ours, PyTorch's) of arrays

Losses and activations see 100 random batches, optimizers and schedules go 100 steps. What PyTorch
lacks, or has only in a narrower dtype (Lion; Muon, whose iterations are in bfloat16), is written
here in PyTorch's operations, after the paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import torch

from stages.neuralnet.layers.activations import ACTIVATIONS
from stages.neuralnet.losses import cross_entropy_delta
from stages.neuralnet.optimizers import Averaged, make_optimizer
from stages.neuralnet.schedules import make_schedule

from .references import LionByThePaper, MuonByThePaper

Pair = tuple[np.ndarray, np.ndarray]
STEPS = 100
F = torch.nn.functional
THEIRS = {  # PyTorch's activations by the names of ours
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "gelu": partial(F.gelu, approximate="tanh"),
    "silu": F.silu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "linear": torch.clone,
}


def activation(name: str, theirs: Callable[[torch.Tensor], torch.Tensor]) -> Iterable[Pair]:
    rng, ours = np.random.default_rng(0), ACTIVATIONS[name]
    for _ in range(STEPS):
        z, above = rng.standard_normal((2, 16, 8)) * [[[3]], [[1]]]
        leaf = torch.tensor(z, requires_grad=True)
        value = theirs(leaf)
        value.backward(torch.tensor(above))
        a, delta = z.copy(), above.copy()
        if ours.both:
            slopes = np.empty_like(z)
            ours.both(a, slopes, np.empty((2, *z.shape)))
            delta *= slopes
        else:
            ours.value(a)
            ours.slope(a, delta, np.empty_like(z))
        yield a, value.detach().numpy()
        yield delta, leaf.grad.numpy()


def loss(smoothing: float, mixed: bool) -> Iterable[Pair]:
    rng, classes = np.random.default_rng(1), 10
    for _ in range(STEPS):
        z = rng.standard_normal((32, classes)) * 4
        y, partner = rng.integers(0, classes, (2, 32))
        share = rng.random(32)
        leaf, target = torch.tensor(z, requires_grad=True), torch.tensor(y)
        if mixed:
            part, one_hot = torch.tensor(share)[:, None], torch.eye(classes, dtype=torch.float64)
            target = part * one_hot[target] + (1 - part) * one_hot[torch.tensor(partner)]
        smoothed = F.cross_entropy(leaf, target, label_smoothing=smoothing, reduction="sum")
        (smoothed / 32).backward()
        value = F.cross_entropy(leaf, target, reduction="sum")  # what is reported: not smoothed
        options = {"partner": partner, "share": share} if mixed else {}
        firsts, scale = np.arange(32) * classes, np.array(1 / 32)
        found, hits = cross_entropy_delta(z, y, firsts, scale, smoothing, **options)
        yield (
            np.array([found, hits]),
            np.array([value.item(), (leaf.argmax(dim=1).numpy() == y).sum()]),
        )
        yield z, leaf.grad.numpy()


def optimizer(
    name: str, theirs: Callable[..., torch.optim.Optimizer], average: bool = False, **options: float
) -> Iterable[Pair]:
    """Parameters after each step; the rate changes from step to step. Average: that, too."""
    rng, ours = np.random.default_rng(2), make_optimizer(name, **options)
    ours = Averaged(ours, 0.9) if average else ours
    W = rng.standard_normal((12, 7))
    leaf = torch.nn.Parameter(torch.tensor(W))
    group = theirs([leaf], lr=0.1)
    slots, previous, mean = np.zeros((ours.slots, *W.shape)), None, None
    for count in range(STEPS):
        lr, g = 0.02 * (1.5 + np.sin(count)), rng.standard_normal(W.shape)
        leaf.grad = torch.tensor(g)
        group.param_groups[0]["lr"] = lr
        group.step()
        numbers = ours.coefficients(lr, previous or lr, count)
        if ours.matrices:
            scratch = np.empty(ours.scratch(*W.shape))
            ours.update_matrix(W, g * ours.scale(lr), slots, numbers, scratch)
        else:
            ours.update(W, g * ours.scale(lr), slots, numbers)
        previous = lr
        yield W, leaf.detach().numpy()
        if average:
            moved = leaf.detach().clone()
            kept = min(0.9, (1 + count) / (10 + count))
            mean = moved if mean is None else mean.lerp(moved, 1 - kept)
            yield slots[-1], mean.numpy()


def schedule(
    name: str,
    theirs: Callable[[torch.optim.Optimizer], torch.optim.lr_scheduler.LRScheduler],
    part: slice = slice(None),
    each: int = 10,
    **options: float,
) -> Iterable[Pair]:
    """Rates of 100 steps, `each` so many an epoch; `part`: the steps on which both agree."""
    group = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    scheduler, expected = theirs(group), []
    for _ in range(STEPS):
        expected.append(group.param_groups[0]["lr"])
        group.step()
        scheduler.step()
    rate = make_schedule(name, 0.3, STEPS / each, **options)
    found = [rate(step / each) for step in range(STEPS)]
    yield np.array(found[part]), np.array(expected[part])


S, O = torch.optim.lr_scheduler, torch.optim  # noqa: E741
CYCLE = {"max_lr": 0.3, "total_steps": 101, "pct_start": 31 / 101, "div_factor": 25}
CYCLE |= {"cycle_momentum": False, "final_div_factor": 1 / 25 / 0.1}

COMPARISONS: dict[str, Callable[[], Iterable[Pair]]] = {
    **{name: partial(activation, name, function) for name, function in THEIRS.items()},
    "cross-entropy": partial(loss, 0.0, False),
    "cross-entropy, smoothed": partial(loss, 0.1, False),
    "cross-entropy, mixed": partial(loss, 0.0, True),
    "cross-entropy, smoothed and mixed": partial(loss, 0.1, True),
    "SGD, l2": partial(optimizer, "sgd", partial(O.SGD, momentum=0.9, weight_decay=0.01), l2=0.01),
    "SGD, Nesterov, l2": partial(
        optimizer,
        "sgd",
        partial(O.SGD, momentum=0.9, nesterov=True, weight_decay=0.01),
        nesterov=True,
        l2=0.01,
    ),
    "RMSprop": partial(optimizer, "rmsprop", O.RMSprop),
    "RMSprop, momentum, l2": partial(
        optimizer,
        "rmsprop",
        partial(O.RMSprop, momentum=0.8, weight_decay=0.01),
        momentum=0.8,
        l2=0.01,
    ),
    "Adam": partial(optimizer, "adam", O.Adam),
    "Adam, l2": partial(optimizer, "adam", partial(O.Adam, weight_decay=0.01), l2=0.01),
    "AdamW": partial(optimizer, "adamw", O.AdamW),
    "AdamW, averaged": partial(optimizer, "adamw", O.AdamW, average=True),
    "Lion": partial(optimizer, "lion", LionByThePaper, weight_decay=0.1),
    "Muon": partial(optimizer, "muon", MuonByThePaper, weight_decay=0.1),
    "exponential": partial(schedule, "exponential", lambda g: S.ExponentialLR(g, 0.95), each=1),
    "step": partial(schedule, "step", lambda g: S.StepLR(g, 10, 0.5), each=1, decay=0.5),
    "linear rate": partial(schedule, "linear", lambda g: S.LinearLR(g, 1, 0.1, 100), final=0.1),
    "cosine": partial(schedule, "cosine", lambda g: S.CosineAnnealingLR(g, 100, 0.03), final=0.1),
    "warm-up": partial(schedule, "constant", lambda g: S.LinearLR(g, 1 / 25, 1, 40), warmup=4),
    "one cycle, rising": partial(
        schedule,
        "one_cycle",
        lambda g: S.OneCycleLR(g, anneal_strategy="linear", **CYCLE),
        slice(30),
        final=0.1,
    ),
    "one cycle, falling": partial(
        schedule, "one_cycle", lambda g: S.OneCycleLR(g, **CYCLE), slice(30, None), final=0.1
    ),
}


def difference(pairs: Iterable[Pair]) -> float:
    """The largest difference of an array, in parts of its largest number, or of 1/1000.

    What is 0 in theory (biases ahead of a normalisation that takes them out) is rounding errors.
    """
    return max(
        float(np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-3))
        for ours, theirs in pairs
    )
