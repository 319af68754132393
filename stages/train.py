"""Train: mini-batch gradient descent, data parallel, exact to the bit, and resumable.

Batches are row numbers from a seekable stream; the trainer's workers gather the rows, form the
gradients and update the parameters. The parameters with the best validation are the result.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.context import QUIET, Context, Progress
from pipeline.errors import UserError
from pipeline.stage import stage
from stages import neuralnet as nn
from stages import options
from stages.training import options as more
from stages.training.build import make_trainer, workers_alive
from stages.training.checkpoints import Pace
from stages.training.components import schedule_of
from stages.training.state import Course

RECORDED = (
    "seed", "epochs", "batch", "lr", "schedule", "decay", "every", "warmup", "final", "optimizer",
    "momentum", "nesterov", "beta2", "l2", "weight_decay", "clip", "smoothing", "flip", "shift",
    "rotate", "zoom", "jitter", "cutout", "mixup", "refine", "average", "patience",
    "initializer", "members",
)  # fmt: skip


@stage(outputs=("parameters", "training"))
def train(
    features: np.ndarray,
    labels: np.ndarray,
    dataset: dict[str, Any],
    train_rows: np.ndarray,
    validation_rows: np.ndarray,
    standardization: np.ndarray,
    whitening: np.ndarray,
    *,
    color: options.Color = False,
    scale: options.Scale = "unit",
    contrast: options.Contrast = False,
    storage: options.Storage = "float32",
    hidden: options.Hidden = (512, 256),
    activation: options.Activation = "relu",
    batchnorm: more.Batchnorm = False,
    layernorm: more.Layernorm = False,
    dropout: more.Dropout = 0.0,
    initializer: options.Initializer = "auto",
    members: more.Members = 1,
    precision: options.Precision = "float32",
    epochs: options.Epochs = 10,
    batch: options.Batch = 64,
    lr: options.LearningRate = 0.01,
    schedule: more.Schedule = "exponential",
    decay: options.Decay = 0.95,
    every: more.Every = 10,
    warmup: more.Warmup = 0.0,
    final: more.Final = 0.0,
    optimizer: more.Optimizer = "sgd",
    momentum: options.Momentum = 0.9,
    nesterov: more.Nesterov = False,
    beta2: more.Beta2 = None,
    l2: options.L2 = 1e-4,
    weight_decay: more.WeightDecay = None,
    clip: more.Clip = 0.0,
    smoothing: more.Smoothing = 0.0,
    flip: options.Flip = "none",
    shift: options.Shift = 0,
    rotate: options.Rotate = 0.0,
    zoom: options.Zoom = 0.0,
    jitter: options.Jitter = 0.0,
    cutout: options.Cutout = 0,
    mixup: options.Mixup = 0.0,
    refine: more.Refine = 0,
    average: more.Average = 0.0,
    patience: options.Patience = 0,
    seed: options.Seed = 0,
    workers: options.Workers = None,
    executor: options.Executor = "auto",
    context: Context = QUIET,
) -> dict[str, Any]:
    """Train the network on batches in parallel; keep the parameters with the best validation."""
    given = locals()
    rates = schedule_of(schedule, lr, epochs, decay=decay, every=every, warmup=warmup, final=final)
    with make_trainer(given, context) as trainer:
        network = trainer.network
        course = _resume(trainer, context) or Course(best=network.parameters.copy())
        # The state saved last and the next one lie side by side: better to know before the work.
        context.expect_room(2 * sum(array.nbytes for array in trainer.state().values()))
        pace = Pace()
        while not course.ended(epochs, patience):
            started = time.perf_counter()
            label = f"epoch {course.epoch + 1}/{epochs}"
            with context.progress(label, len(train_rows), "images") as progress:
                _epoch(trainer, course, pace, rates, progress, context)
            entry = {"epoch": course.epoch + 1, "lr": rates(course.epoch)}
            entry |= trainer.totals.means()
            found = trainer.averaged() if average else network
            if len(validation_rows):
                scores = _validated(trainer, validation_rows, found, course)
                entry |= {"validation_loss": scores.loss, "validation_accuracy": scores.accuracy}
            better = course.finish_epoch(entry, found.parameters)
            course.seconds.append(round(time.perf_counter() - started, 3))
            context.info(_line(entry, epochs, course.seconds[-1], better))
    context.note(epoch_seconds=course.seconds)
    training = {
        "layers": network.layers,
        "images": len(train_rows),
        "options": {name: given[name] for name in RECORDED},
        "best_epoch": course.best_epoch,
        "history": course.history,
    }
    return {"parameters": course.best, "training": training}


def _resume(trainer: nn.Trainer, context: Context) -> Course | None:
    """Take up the training where its last saved state left it; None where there is none."""
    state = context.load_state()
    if state is None:
        return None
    arrays, record = state
    course = Course(best=arrays.pop("best"), **record)
    trainer.restore(arrays)
    context.info(f"going on from epoch {course.epoch + 1}, step {course.step + 1}")
    return course


def _epoch(
    trainer: nn.Trainer,
    course: Course,
    pace: Pace,
    rates: Callable[[float], float],
    progress: Progress,
    context: Context,
) -> None:
    """Carry out what is left of an epoch, segment by segment, and save the state when it is due."""

    def work(steps: int) -> None:
        stop = course.step + steps
        places = [course.epoch + step / trainer.steps for step in range(course.step, stop)]
        try:
            with workers_alive():
                trainer.run(course.epoch, course.step, stop, [rates(place) for place in places])
        except nn.Diverged as error:
            raise _diverged(course, error.step) from error

    def save() -> None:
        context.save_state({"best": course.best, **trainer.state()}, course.record())

    done = 0
    while course.step < trainer.steps:
        course.step += pace.segment(work, trainer.steps - course.step)
        progress.advance(trainer.totals.images - done)
        done = trainer.totals.images
        pace.save_if_due(save)


def _validated(
    trainer: nn.Trainer, rows: np.ndarray, network: nn.Network, course: Course
) -> nn.Scores:
    """Scores on the validation images, whose loss may overflow where that of training did not."""
    with np.errstate(all="ignore"):  # told here, in our own words
        scores = trainer.evaluate(rows, network)
    if not math.isfinite(scores.loss):
        raise _diverged(course, trainer.steps - 1)
    return scores


def _diverged(course: Course, step: int) -> UserError:
    return UserError(
        f"training diverged: the loss is no longer finite in epoch {course.epoch + 1}, "
        f"step {step + 1}; choose a smaller --lr, or add --clip 1 or --standardize feature"
    )


def _line(entry: dict[str, float], epochs: int, seconds: float, better: bool) -> str:
    """One epoch for the reader's eye."""
    width = len(str(epochs))
    line = (
        f"epoch {entry['epoch']:>{width}}/{epochs}  loss {entry['loss']:.4f}  "
        f"accuracy {entry['accuracy']:6.2%}"
    )
    if "validation_loss" in entry:
        line += (
            f"   validation loss {entry['validation_loss']:.4f}  "
            f"accuracy {entry['validation_accuracy']:6.2%}{' *' if better else '  '}"
        )
    return f"{line}  {seconds:.2f} s"
