"""A recipe in PyTorch, as well as it can be written: eager, or compiled by `torch.compile`.

Its optimizers are the fused ones, with the penalty on weights alone; threads are PyTorch's choice.
Where it is compiled, forward, loss and backward are one graph, and what is done to images after the
indexing is another; each of the two batch sizes of an epoch has its own (`dynamic=False`).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from tests.benchmarks.recipes.task import Task
from tests.benchmarks.recipes.torch_images import Images
from tests.benchmarks.recipes.torch_network import make_network

ROWS = 2000  # of a batch when images are scored


class TorchFlow:
    """The same calls as `Ours` has. compiled: by `torch.compile`, which takes its time here."""

    def __init__(self, task: Task, compiled: bool) -> None:
        self._task, arrays = task, task.arrays
        wrap = (lambda f: torch.compile(f, dynamic=False)) if compiled else (lambda f: f)
        self._images = Images(task, wrap)
        labels = torch.from_numpy(np.array(arrays["labels"], np.int64))
        self._labels = labels[torch.from_numpy(np.array(arrays["train_rows"]))]
        self._batch = int(task.values["batch"])
        self._judged = wrap(self._judge)
        if compiled:
            self._compile()

    def begin(self, seed: int) -> None:
        """A new network, in the place of the one before, whose graph stays."""
        torch.manual_seed(seed)
        task, values = self._task, self._task.values
        width = self._images.plain(np.arange(2)).shape[0]
        sizes = len(task.dataset["classes"]), width, self._images.scale
        fresh = make_network(task, *sizes)
        if hasattr(self, "_network"):
            self._network.load_state_dict(fresh.state_dict())
        else:
            self._network = fresh
        self._averages = make_network(task, *sizes) if values["average"] else self._network
        own, kept = list(self._network.parameters()), values["momentum"]
        weights = [p for p in own if p.ndim > 1]
        groups = [{"params": weights}, {"params": [p for p in own if p.ndim == 1]}]
        if values["optimizer"] == "adamw":
            decay = 0.01 if values["weight_decay"] is None else values["weight_decay"]
            groups[0]["weight_decay"], groups[1]["weight_decay"] = decay, 0.0
            options = {"betas": (kept, values["beta2"] or 0.999)}
            self._optimizer = torch.optim.AdamW(groups, fused=True, **options)
        else:
            groups[0]["weight_decay"] = values["l2"]
            options = {"lr": 0.1, "momentum": kept, "nesterov": values["nesterov"]}
            self._optimizer = torch.optim.SGD(groups, fused=True, **options)
        self._count = 0

    def epoch(self, epoch: int) -> tuple[float, int]:
        """Train for one; mean loss, and how many images it had."""
        self._network.train()
        order, batch = torch.randperm(len(self._labels)), self._batch
        total, hits = torch.zeros(()), torch.zeros((), dtype=torch.long)
        for step in range(self._task.steps):
            rows = order[step * batch : (step + 1) * batch]
            rate = self._task.rates(epoch + step / self._task.steps)
            loss, right = self._step(rows, epoch, rate)
            total += loss * len(rows)
            hits += right
        return total.item() / len(order), len(order)

    @torch.no_grad()
    def score(self) -> tuple[float, float]:
        """Accuracy on the test images: of each, and of the average over each and its flip."""
        found, labels = [0, 0], self._task.arrays["labels"]
        rows, network = self._task.arrays["test_rows"], self._averages.eval()
        for begin in range(0, len(rows), ROWS):
            own = np.array(rows[begin : begin + ROWS])
            plain, mirrored = (network(self._images.plain(own, m)) for m in (False, True))
            truth = torch.from_numpy(np.array(labels[own]))
            for number, logits in enumerate((plain, plain + mirrored)):
                found[number] += int((logits.argmax(0) == truth).sum())
        return found[0] / len(rows), found[1] / len(rows)

    def close(self) -> None:
        """Nothing is to be ended."""

    def _step(self, rows: Tensor, epoch: int, rate: float) -> tuple[Tensor, Tensor]:
        x, y = self._images.batch(rows, epoch), self._labels[rows]
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.zero_grad(set_to_none=True)
        aim, loss, hits = self._judged(x, y)
        aim.backward()
        self._optimizer.step()
        if decay := self._task.values["average"]:
            kept = min(decay, (1 + self._count) / (10 + self._count)) if self._count else 0.0
            both = (self._averages, self._network)
            pairs = [[*n.parameters(), *(b for b in n.buffers() if b.ndim)] for n in both]
            with torch.no_grad():
                torch._foreach_lerp_(*pairs, 1 - kept)
        self._count += 1
        return loss, hits

    def _judge(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What is minimised; the loss without smoothing, which is reported; and the hits."""
        logs = self._network(x).t().log_softmax(1)
        loss, smoothing = nn.functional.nll_loss(logs, y), self._task.values["smoothing"]
        hits = (logs.detach().argmax(1) == y).sum()
        return (1 - smoothing) * loss - smoothing * logs.mean(), loss.detach(), hits

    def _compile(self) -> None:
        """A step with each batch size, on images as they are in the first and in the last epoch."""
        self.begin(0)
        count = len(self._labels)
        for size in {self._batch, count % self._batch or self._batch}:
            for epoch in {0, self._task.epochs - 1}:
                self._step(torch.arange(size), epoch, 0.0)
