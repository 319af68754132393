"""Train: mini-batch gradient descent, data parallel, exact to the bit, and resumable.

Batches are row numbers from a seekable stream; the trainer's workers gather the rows, form the
gradients and update the parameters. The parameters with the best validation are the result.
"""

from __future__ import annotations

import time
from concurrent.futures import BrokenExecutor
from typing import Any

import numpy as np

from pipeline.context import QUIET, Context, Progress
from pipeline.cores import check_workers
from pipeline.errors import ConfigError, UserError
from pipeline.stage import stage
from stages import options
from stages.batches import epoch_order
from stages.constants import make_inputs
from stages.course import Course
from stages.layout import SHAPE
from stages.neuralnet import SGD, Diverged, Network, Trainer, exponential
from stages.pace import Pace


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
    initializer: options.Initializer = "auto",
    precision: options.Precision = "float32",
    epochs: options.Epochs = 10,
    batch: options.Batch = 64,
    lr: options.LearningRate = 0.01,
    decay: options.Decay = 0.95,
    momentum: options.Momentum = 0.9,
    l2: options.L2 = 1e-4,
    patience: options.Patience = 0,
    seed: options.Seed = 0,
    workers: options.Workers = None,
    executor: options.Executor = "auto",
    context: Context = QUIET,
) -> dict[str, Any]:
    """Train the network on batches in parallel; keep the parameters with the best validation."""
    if workers is not None:
        workers, word = check_workers(workers)
        if word:
            context.warn(word)
    if batch > len(train_rows):
        raise ConfigError(
            f"--batch {batch}: expected at most the number of training images, {len(train_rows)}"
        )
    inputs = make_inputs(
        color=color,
        scale=scale,
        contrast=contrast,
        storage=storage,
        standardization=standardization,
        whitening=whitening,
        shape=SHAPE,
    )
    network = Network.create(
        inputs=inputs.width(features.shape[1]),
        hidden=hidden,
        classes=len(dataset["classes"]),
        activation=activation,
        initializer=initializer,
        seed=seed,
        dtype=precision,
    )
    with Trainer(
        network,
        SGD(momentum=momentum, l2=l2),
        features,
        labels,
        batch=batch,
        rows=train_rows,
        order=epoch_order(train_rows, seed),
        inputs=inputs,
        workers=workers,
        executor=executor,
    ) as trainer:
        course = _resume(trainer, context) or Course(best=network.parameters.copy())
        pace = Pace()
        while not course.ended(epochs, patience):
            started = time.perf_counter()
            rate = exponential(lr, decay)(course.epoch)
            label = f"epoch {course.epoch + 1}/{epochs}"
            with context.progress(label, len(train_rows), "images") as progress:
                _epoch(trainer, course, pace, rate, progress, context)
            entry = {"epoch": course.epoch + 1, "lr": rate, **trainer.totals.means()}
            if len(validation_rows):
                scores = trainer.evaluate(validation_rows)
                entry |= {"validation_loss": scores.loss, "validation_accuracy": scores.accuracy}
            better = course.finish_epoch(entry, network.parameters)
            course.seconds.append(round(time.perf_counter() - started, 3))
            context.info(_line(entry, epochs, course.seconds[-1], better))
    context.note(epoch_seconds=course.seconds)
    chosen = {
        "seed": seed, "epochs": epochs, "batch": batch, "lr": lr, "decay": decay,
        "momentum": momentum, "l2": l2, "patience": patience, "initializer": initializer,
    }  # fmt: skip
    training = {
        "layers": network.layers,
        "images": len(train_rows),
        "options": chosen,
        "best_epoch": course.best_epoch,
        "history": course.history,
    }
    return {"parameters": course.best, "training": training}


def _resume(trainer: Trainer, context: Context) -> Course | None:
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
    trainer: Trainer,
    course: Course,
    pace: Pace,
    lr: float,
    progress: Progress,
    context: Context,
) -> None:
    """Carry out what is left of an epoch, segment by segment, and save the state when it is due."""

    def work(steps: int) -> None:
        try:
            trainer.run(course.epoch, course.step, course.step + steps, lr)
        except Diverged as error:
            raise UserError(
                f"training diverged: the loss is no longer finite in epoch {course.epoch + 1}, "
                f"step {error.step + 1}; choose a smaller --lr than {lr:g}, or --standardize"
            ) from error
        except BrokenExecutor as error:
            raise UserError(
                "training: expected the workers to go on, found one that was killed, perhaps for "
                "lack of memory; run the same command again to go on from the last saved state, or "
                "choose fewer --workers"
            ) from error

    def save() -> None:
        context.save_state({"best": course.best, **trainer.state()}, course.record())

    done = 0
    while course.step < trainer.steps:
        course.step += pace.segment(work, trainer.steps - course.step)
        progress.advance(trainer.totals.images - done)
        done = trainer.totals.images
        pace.save_if_due(save)


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
