"""Batches in PyTorch: from stored bytes to what the first layer reads, column by column (k, rows).

    shift, flip     windows of images that were padded by reflection once, and of their mirrors: a
                    batch is one indexing of a view (images, channels, dy, dx, height, width)
    rotate, zoom    one `gather` by the tables of this project (nearest pixel, reflection, 15 angles
                    by 15 factors), not `grid_sample`, which is slower and smooths
    jitter          as here, but one pass of float32 from bytes on, and bytes are not made again:
                    the only pixels that differ from this project's, by half a grey level at most
    whitening       by even and odd halves where components are either, as here; patches are taken
                    by `index_select`, their whitening is a matter of the layer (torch_network.py)

Random numbers are PyTorch's: the same distributions, other draws.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from stages.locality import parse_levels
from stages.neuralnet.images.warp import tables
from stages.neuralnet.inputs import LEAST_DEVIATION
from stages.neuralnet.layers.local import Local
from tests.benchmarks.recipes.task import Task

Wrap = Callable[[Callable[..., Tensor]], Callable[..., Tensor]]


class Images:
    """The images of a task. wrap: `torch.compile`, or what leaves a function as it is."""

    def __init__(self, task: Task, wrap: Wrap) -> None:
        self._task, self._inputs, values = task, task.inputs, task.values
        self._shape, self._flip, self._shift = self._inputs.shape, values["flip"], values["shift"]
        self._stored = torch.from_numpy(np.array(task.arrays["features"]))
        self._bytes = self._stored.dtype == torch.uint8
        self._scale = self._inputs.scale if self._bytes else 1.0
        self._range = 255.0 if self._bytes else 1.0
        self._windows = self._cut(task.arrays["train_rows"])
        self._warps = None
        if values["rotate"] or values["zoom"]:
            options = values["rotate"], values["zoom"]
            self._warps = torch.from_numpy(tables(*self._shape[1:], *options).copy())
        self._plainly = self._make_project()
        self._project, self._recolor = self._plainly, wrap(self._recolored)
        if not values["local"]:  # else the compiler makes one loop of turning round and cutting out
            self._project = wrap(self._plainly)

    @torch.no_grad()
    def batch(self, rows: Tensor, epoch: int) -> Tensor:
        """Training images by their places among the training rows, as they are in this epoch."""
        count, most = len(rows), 2 * self._shift + 1
        if self._flip != "none":
            bits = self._bits[rows] if self._flip == "alternate" else torch.randint(0, 2, (count,))
            rows = 2 * rows + (bits ^ (epoch & 1))
        if self._shift:
            dy, dx = torch.randint(0, most, (2, count))
            x = self._windows[rows, :, dy, dx].reshape(count, -1)
        else:
            x = self._windows.index_select(0, rows).reshape(count, -1)
        if epoch < self._task.whole or not self._task.values["refine"]:
            if self._warps is not None:
                sources = self._warps[torch.randint(0, len(self._warps), (count,))][:, None]
                channels = self._shape[0]
                x = x.view(count, channels, -1).gather(2, sources.expand(-1, channels, -1))
            if jitter := self._task.values["jitter"]:
                even = torch.rand(count, 1 + self._shape[0]).mul_(2).sub_(1).mul_(jitter)
                x = self._recolor(x.view(count, self._shape[0], -1), even)
        return self._project(x.reshape(count, -1))

    @torch.no_grad()
    def plain(self, rows: np.ndarray, mirrored: bool = False) -> Tensor:
        """Images by their rows among all, as they are, or left and right exchanged."""
        x = self._stored[torch.from_numpy(rows)]
        if mirrored:
            x = x.view(-1, *self._shape).flip(3).reshape(x.shape)
        return self._plainly(x)

    def _cut(self, rows: np.ndarray) -> Tensor:
        """The training images, each with its mirror after it, and views of all of their windows."""
        x = self._stored[torch.from_numpy(np.array(rows))]
        if self._shape is None:
            return x
        x = x.view(-1, *self._shape)
        if self._flip != "none":
            self._bits = torch.randint(0, 2, (len(x),))
            x = torch.stack([x, x.flip(3)], 1).flatten(0, 1)
        if not self._shift:
            return x
        height, width, most = *self._shape[1:], self._shift
        padded = x.new_empty(*x.shape[:2], height + 2 * most, width + 2 * most)
        for begin in range(0, len(x), 1000):  # reflection is for floats
            part = nn.functional.pad(x[begin : begin + 1000].float(), [most] * 4, "reflect")
            padded[begin : begin + 1000] = part.to(x.dtype)
        return padded.unfold(2, height, 1).unfold(3, width, 1)

    def _recolored(self, x: Tensor, even: Tensor) -> Tensor:
        gains, offsets = 1 + even[:, :1, None], even[:, 1:, None] * (self._range / 3)
        middle = self._range / 2
        return ((x.float() - middle) * gains + offsets + middle).clamp(0, self._range)

    def _converted(self, x: Tensor) -> Tensor:
        """Stored numbers as float32; scaled where they are brought to contrast 1."""
        x = x.float()
        if not self._inputs.contrast:
            return x
        x = x * self._scale
        x = x - x.mean(1, keepdim=True)
        deviation = x.square().mean(1, keepdim=True).sqrt()
        return x / deviation.clamp(min=LEAST_DEVIATION)

    @property
    def scale(self) -> float:
        """What is left to multiply patches with, as the layer that reads them gets them."""
        return 1.0 if self._inputs.contrast else self._scale

    def _make_project(self) -> Callable[[Tensor], Tensor]:
        """From stored rows (rows, d) to the inputs (k, rows)."""
        if levels := parse_levels(self._task.values["local"]):
            places = Local.of(self._shape, *levels[0], activation="relu").indices()
            shape, flat = places.shape, torch.from_numpy(places.reshape(-1))
            return lambda x: self._columns(x).index_select(0, flat).view(*shape, -1)
        if self._inputs.whitening is None:
            return lambda x: self._converted(x).mul(self.scale).t().contiguous()
        offsets, W = self._inputs.whitening[0], self._inputs.whitening[1:] * self.scale
        offsets, W = (torch.from_numpy(np.array(a, np.float32)) for a in (offsets, W))
        if (even := self._even(W)) is None:
            whole = W.t().contiguous()
            return lambda x: torch.addmm(offsets[:, None], whole, self._converted(x).t())
        width = self._shape[2] // 2
        left = W.view(*self._shape, -1)[:, :, :width].flatten(0, 2)
        parts = [
            functools.partial(torch.addmm, offsets[own, None], left[:, own].t().contiguous())
            for own in (even, ~even)
        ]

        def project(x: Tensor) -> Tensor:
            x = self._converted(x).view(-1, *self._shape)
            own, other = x[..., :width], x[..., width:].flip(3)
            halves = (own + other).flatten(1), (own - other).flatten(1)
            return torch.cat([part(half.t()) for part, half in zip(parts, halves, strict=True)])

        return project

    def _columns(self, x: Tensor) -> Tensor:
        if self._inputs.contrast or x.dtype != torch.uint8:
            return self._converted(x).t().contiguous()
        return x.t().contiguous().float()  # bytes are turned round faster than floats

    def _even(self, W: Tensor) -> Tensor | None:
        """Which components are even, where all others are odd; None where some are neither."""
        if self._shape is None or self._shape[2] % 2:
            return None
        whole = W.view(*self._shape, -1)
        other = whole.flip(2)
        even, odd = ((whole == sign * other).flatten(0, 2).all(0) for sign in (1, -1))
        return even if bool((even | odd).all()) else None
