"""Train: mini-batch gradient descent, data parallel, exact to the bit, and resumable.

Batches are row numbers from a seekable stream; the trainer's workers gather the rows, form the
gradients and update the parameters. The parameters with the best validation are the result.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from pipeline.context import QUIET, Context
from pipeline.errors import ConfigError, UserError
from pipeline.stage import stage
from stages import options
from stages.batches import epoch_order
from stages.course import Course
from stages.neuralnet import SGD, Diverged, Network, Totals, Trainer, exponential
from stages.pace import Pace


@stage(outputs=("parameters", "training"))
def train(
    features: np.ndarray,
    labels: np.ndarray,
    dataset: dict[str, Any],
    train_rows: np.ndarray,
    validation_rows: np.ndarray,
    standardization: np.ndarray,
    *,
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
    if batch > len(train_rows):
        raise ConfigError(
            f"--batch {batch}: expected at most the number of training images, {len(train_rows)}"
        )
    network = Network.create(
        inputs=features.shape[1],
        hidden=hidden,
        classes=len(dataset["classes"]),
        activation=activation,
        initializer=initializer,
        seed=seed,
        dtype=precision,
    )
    rate = exponential(lr, decay)
    course = Course(best=network.parameters.copy())
    pace = Pace()
    with Trainer(
        network,
        SGD(momentum=momentum, l2=l2),
        features,
        labels,
        batch=batch,
        rows=train_rows,
        order=epoch_order(train_rows, seed),
        standardization=standardization,
        workers=workers,
        executor=executor,
    ) as trainer:

        def save() -> None:
            context.save_state({"best": course.best, **trainer.state()}, course.record())

        if state := context.load_state():
            arrays, record = state
            course = Course(best=arrays.pop("best"), **record)
            trainer.restore(arrays)
            context.info(f"going on from epoch {course.epoch + 1}, step {course.step}")
        while not course.ended(epochs, patience):
            started = time.perf_counter()
            with context.progress(
                f"epoch {course.epoch + 1}/{epochs}", len(train_rows), "images"
            ) as bar:
                bar.advance(min(course.step * batch, len(train_rows)))
                while course.step < trainer.steps:
                    images = trainer.totals.images
                    course.step += pace.segment(
                        lambda steps: _run(trainer, course, steps, rate(course.epoch)),
                        trainer.steps - course.step,
                    )
                    bar.advance(trainer.totals.images - images)
                    pace.save_if_due(save)
            entry = {"epoch": course.epoch + 1, "lr": rate(course.epoch), **_means(trainer.totals)}
            if len(validation_rows):
                found = network.evaluate(
                    features, labels, validation_rows, standardization, workers
                )
                entry |= {f"validation_{name}": found[name] for name in ("loss", "accuracy")}
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


def _run(trainer: Trainer, course: Course, steps: int, lr: float) -> None:
    try:
        trainer.run(course.epoch, course.step, course.step + steps, lr)
    except Diverged as error:
        raise UserError(
            f"training diverged: the loss is no longer finite in epoch {course.epoch + 1}, step "
            f"{error.step}; choose a smaller --lr than {lr:g}, or --standardize the features"
        ) from error


def _means(totals: Totals) -> dict[str, float]:
    """Mean loss and accuracy over the epoch so far, each image before its own step's update."""
    return {"loss": totals.loss / totals.images, "accuracy": totals.correct / totals.images}


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
