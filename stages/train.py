"""Train: mini-batch gradient descent, data parallel, exact to the bit, and resumable.

Batches are row numbers from a seekable stream (batches.py); the trainer's workers gather the rows,
form the gradients and update the parameters. The parameters with the best validation are the
result.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from pipeline.context import QUIET, Context
from pipeline.errors import UserError
from pipeline.stage import stage
from stages import neuralnet as nn
from stages.modelfile.initial import Init, identified
from stages.options import InputOptions, NetworkOptions, Seed, Workers
from stages.training.augmentation import AugmentationOptions
from stages.training.build import WITHOUT_EFFECT, Examples, make_trainer, resolved, workers_alive
from stages.training.checkpoints import CheckpointPolicy
from stages.training.following import Follower, epoch_line, stopped_early
from stages.training.options import (
    BatchOptions,
    OptimizerOptions,
    ScheduleOptions,
    SelectionOptions,
)
from stages.training.state import TrainingState


@stage(
    outputs=("parameters", "training"),
    resolve=resolved,
    ignores=WITHOUT_EFFECT,
)
def train(
    features: np.ndarray,
    labels: np.ndarray,
    dataset: dict[str, Any],
    train_rows: np.ndarray,
    validation_rows: np.ndarray,
    standardization: np.ndarray,
    whitening: np.ndarray,
    *,
    inputs: InputOptions = InputOptions(),
    network: NetworkOptions = NetworkOptions(),
    batch: BatchOptions = BatchOptions(),
    schedule: ScheduleOptions = ScheduleOptions(),
    optimizer: OptimizerOptions = OptimizerOptions(),
    augmentation: AugmentationOptions = AugmentationOptions(),
    selection: SelectionOptions = SelectionOptions(),
    init: Init = None,
    seed: Seed = 0,
    workers: Workers = None,
    context: Context = QUIET,
) -> dict[str, Any]:
    """Train the network on batches in parallel; keep the parameters with the best validation."""
    rates, epochs = schedule.rates(), schedule.epochs
    examples = Examples(features, labels, dataset, train_rows, standardization, whitening)
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
        average=selection.average,
        until=epochs - schedule.refine if schedule.refine else None,
        init=init,
    ) as trainer:
        trained = trainer.network
        state = _resume(trainer, context) or TrainingState(best=trained.parameters.copy())
        # The state saved last and the next one lie side by side: better to know before the work.
        context.check_free_space(2 * sum(array.nbytes for array in trainer.state().values()))
        policy = CheckpointPolicy()
        with context.progress("train", epochs * len(train_rows), "images") as progress:
            follower = Follower(progress, state, epochs, len(train_rows))
            while not state.ended(epochs, selection.patience):
                started = time.perf_counter()
                _epoch(trainer, state, policy, rates, follower, context)
                entry: dict[str, Any] = {"epoch": state.epoch + 1, "lr": rates(state.epoch)}
                entry |= trainer.totals.means()
                found = trainer.averaged() if selection.average else trained
                if len(validation_rows):
                    scores = _validated(trainer, validation_rows, found, state)
                    entry |= {"validation_loss": scores.loss}
                    entry |= {"validation_accuracy": scores.accuracy}
                better = state.finish_epoch(entry, found.parameters)
                state.seconds.append(round(time.perf_counter() - started, 3))
                line = epoch_line(entry, epochs, state.seconds[-1], better)
                context.metrics(line, **entry, epoch_seconds=state.seconds[-1])
        if state.epoch < epochs:
            context.info(stopped_early(state, selection.patience))
    context.note(epoch_seconds=state.seconds)
    chosen = (batch, schedule, optimizer, augmentation, selection)
    training = {
        "layers": trained.layers,
        "images": len(train_rows),
        "options": {
            "seed": seed,
            "initializer": network.initializer,
            "members": network.members,
            **({"local_init": network.local_init} if network.local_init else {}),
            **({"init": identified(init).files[0].sha256} if init else {}),
            **{name: value for group in chosen for name, value in asdict(group).items()},
        },
        "best_epoch": state.best_epoch,
        "history": state.history,
    }
    return {"parameters": state.best, "training": training}


def _resume(trainer: nn.Trainer, context: Context) -> TrainingState | None:
    """Take up the training where its last saved state left it; None where there is none."""
    saved = context.load_state()
    if saved is None:
        return None
    arrays, record = saved
    state = TrainingState(best=arrays.pop("best"), **record)
    trainer.restore(arrays)
    context.info(f"resuming from epoch {state.epoch + 1}, step {state.step + 1}")
    return state


def _epoch(
    trainer: nn.Trainer,
    state: TrainingState,
    policy: CheckpointPolicy,
    rates: Callable[[float], float],
    follower: Follower,
    context: Context,
) -> None:
    """Carry out what is left of an epoch, segment by segment, and save the state when it is due."""

    def work(steps: int) -> None:
        stop = state.step + steps
        places = [state.epoch + step / trainer.steps for step in range(state.step, stop)]
        try:
            with workers_alive():
                trainer.run(state.epoch, state.step, stop, [rates(place) for place in places])
        except nn.Diverged as error:
            raise _diverged(state, error.step) from error

    def save() -> None:
        context.save_state({"best": state.best, **trainer.state()}, state.record())

    follower.at(trainer.totals.images if state.step else 0)
    while state.step < trainer.steps:
        state.step += policy.segment(work, trainer.steps - state.step)
        follower.at(trainer.totals.images)
        policy.save_if_due(save)


def _validated(
    trainer: nn.Trainer, rows: np.ndarray, network: nn.Network, state: TrainingState
) -> nn.Scores:
    """Scores on the validation images, whose loss may overflow where that of training did not."""
    with np.errstate(all="ignore"):  # reported here, in our own words
        scores = trainer.evaluate(rows, network)
    if scores.loss is None or not math.isfinite(scores.loss):
        raise _diverged(state, trainer.steps - 1)
    return scores


def _diverged(state: TrainingState, step: int) -> UserError:
    return UserError(
        f"training diverged: the loss is no longer finite in epoch {state.epoch + 1}, "
        f"step {step + 1}; choose a smaller --lr, or add --clip 1 or --standardize feature"
    )
