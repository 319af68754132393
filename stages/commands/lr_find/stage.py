"""LR find: the learning-rate range test, a short training in which the rate rises until it is lost.

{"network", "optimizer", "batch", "rates", "losses", "smoothed", "blew_up", "suggestion"}

The lists have a number for each step that was carried out; a loss is the mean over its batch, of
the network as it was before the step. `blew_up` is the rate that ended the test, None where the
highest was reached; `suggestion` is None where the loss did not fall. How the losses are smoothed
and the rate is chosen is documented in curve.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from pipeline.context import QUIET, Context
from pipeline.errors import UserError
from pipeline.parameters import Option
from pipeline.stage import stage
from stages import neuralnet as nn
from stages.commands.lr_find.curve import BLOWN_UP, rates_between, shown, suggest, with_average
from stages.modelfile.initial import Init
from stages.options import InputOptions, NetworkOptions, Seed, Workers
from stages.training.augmentation import AugmentationOptions
from stages.training.build import WITHOUT_EFFECT, Examples, make_trainer, resolved, workers_alive
from stages.training.options import BatchOptions, OptimizerOptions


@dataclass(frozen=True)
class RangeOptions:
    """Range test: its rates."""

    lr_from: Annotated[float, Option("learning rate that the range test begins with", above=0)] = (
        1e-5
    )
    lr_to: Annotated[float, Option("learning rate that the range test goes up to", above=0)] = 10.0
    lr_steps: Annotated[
        int, Option("steps of the range test, if the loss does not blow up", minimum=20)
    ] = 200

    def __post_init__(self) -> None:
        self.rates()

    def rates(self) -> list[float]:
        """The learning rate of each step. ConfigError where they would not rise."""
        return rates_between(self.lr_from, self.lr_to, self.lr_steps)


@stage(
    name="lr-find",
    outputs=("lr_range",),
    resolve=resolved,
    ignores=WITHOUT_EFFECT,
)
def lr_find(
    features: np.ndarray,
    labels: np.ndarray,
    dataset: dict[str, Any],
    train_rows: np.ndarray,
    standardization: np.ndarray,
    whitening: np.ndarray,
    *,
    test: RangeOptions = RangeOptions(),
    inputs: InputOptions = InputOptions(),
    network: NetworkOptions = NetworkOptions(),
    batch: BatchOptions = BatchOptions(),
    optimizer: OptimizerOptions = OptimizerOptions(),
    augmentation: AugmentationOptions = AugmentationOptions(),
    init: Init = None,
    seed: Seed = 0,
    workers: Workers = None,
    context: Context = QUIET,
) -> dict[str, Any]:
    """Find a learning rate: train while it rises, and see what becomes of the loss."""
    rates = test.rates()
    examples = Examples(features, labels, dataset, train_rows, standardization, whitening)
    losses: list[float] = []
    smoothed: list[float] = []
    least, blew_up = math.inf, None
    with make_trainer(
        examples,
        inputs,
        network,
        batch,
        optimizer,
        augmentation,
        seed=seed,
        workers=workers,
        context=context,
        init=init,
    ) as trainer:
        sizes = [trainer.network.inputs, *network.hidden, trainer.network.outputs]
        with context.progress("lr-find", len(rates), "steps") as progress:
            for rate, (loss, mean) in zip(
                rates, with_average(_losses(trainer, rates)), strict=True
            ):
                if math.isfinite(loss):
                    losses.append(loss)
                    smoothed.append(mean)
                    least = min(least, mean)
                    progress.advance(1, f"lr {rate:.1e}, loss {mean:.3f}")
                if not mean <= BLOWN_UP * least:  # neither is no number
                    blew_up = rate
                    break
    if len(losses) < 2:
        raise UserError(
            "range test: expected a loss that can be followed from --lr-from "
            f"{shown(test.lr_from)} on, found it lost in step {len(losses) + 1}; choose a lower "
            "--lr-from"
        )
    return {
        "network": "-".join(map(str, sizes)),
        "optimizer": optimizer.optimizer,
        "batch": batch.batch,
        "rates": rates[: len(losses)],
        "losses": losses,
        "smoothed": smoothed,
        "blew_up": blew_up,
        "suggestion": suggest(rates, losses, smoothed),
    }


def _losses(trainer: nn.Trainer, rates: Sequence[float]) -> Iterator[float]:
    """The mean loss over the batch of each step, one at each rate; no number where it diverges."""
    for count, rate in enumerate(rates):
        epoch, step = divmod(count, trainer.steps)
        loss, images = (trainer.totals.loss, trainer.totals.images) if step else (0.0, 0)
        try:
            with workers_alive():
                trainer.run(epoch, step, step + 1, rate)
        except nn.Diverged:
            yield math.nan  # and nobody asks for more
        yield (trainer.totals.loss - loss) / (trainer.totals.images - images)
