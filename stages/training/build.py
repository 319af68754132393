"""Build: what trains a network, from the artifacts and the options of a stage.

`train` and `lr-find` set out from the same network, images and optimizer, because both begin here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.context import Context
from pipeline.errors import ConfigError, UserError
from pipeline.executors.cores import check_workers, default_workers
from pipeline.store.files import Files
from stages import neuralnet as nn
from stages.batches import batches, order_of
from stages.dataset.formats.layout import shape_of
from stages.features import make_inputs
from stages.locality import check_levels, parse_levels, shown_levels
from stages.modelfile.initial import identified, init_by_content, initialize
from stages.options import InputOptions, NetworkOptions
from stages.training.augmentation import AugmentationOptions
from stages.training.components import make_augmentation, make_optimizer
from stages.training.options import BatchOptions, OptimizerOptions


def resolved(*, local: str, local_init: str, **others: Any) -> dict[str, Any]:
    """What a training depends on: a model file's content, and layers however they are spelled."""
    begin = shown_levels(parse_levels(local_init, "--local-init"))
    return init_by_content(local=shown_levels(parse_levels(local)), local_init=begin, **others)


# What starts workers, keeps time, finds out how many of them pay and keeps what numba compiled: it
# cannot change a bit.
WITHOUT_EFFECT = (
    "pipeline.executors",
    "pipeline.events",
    "stages.neuralnet.compiler",
    "stages.neuralnet.parallel.auto",
    "stages.neuralnet.parallel.barrier",
    "stages.neuralnet.parallel.executors",
    "stages.neuralnet.parallel.main_module",
    "stages.neuralnet.parallel.pool",
    "stages.neuralnet.parallel.sockets",
    "stages.neuralnet.parallel.tracker",
    "stages.neuralnet.parallel.worker",
    "stages.neuralnet.parallel.workers",
    "stages.neuralnet.processor",
    "stages.training.checkpoints",
    "stages.training.following",
)


@dataclass(frozen=True)
class Examples:
    """What a network is trained on: the artifacts of that name."""

    features: np.ndarray
    labels: np.ndarray
    dataset: dict[str, Any]
    train_rows: np.ndarray
    standardization: np.ndarray
    whitening: np.ndarray


def make_trainer(
    examples: Examples,
    inputs: InputOptions,
    network: NetworkOptions,
    batch: BatchOptions,
    optimizer: OptimizerOptions,
    augmentation: AugmentationOptions,
    *,
    seed: int,
    workers: int | None,
    context: Context,
    average: float = 0.0,
    until: int | None = None,
    init: str | Files | None = None,
) -> nn.Trainer:
    """The trainer of a new network; to be closed. ConfigError where the options do not fit.

    average: decay of the moving average of the parameters; 0: none. until: the epoch from which on
    images are only flipped and shifted; None: never. init: the saved model whose parameters the
    network begins with; None: random ones.
    """
    from pipeline.executors.pools import process_pool  # here and not above: it is slow to import

    if batch.kernels == "numba":
        context.made_with("numba")
    rows, levels = examples.train_rows, parse_levels(network.local)
    if batch.batch > len(rows):
        raise ConfigError(
            f"--batch {batch.batch}: expected at most the number of training images, {len(rows)}; "
            f"choose a smaller one, such as --batch {max(len(rows) // 4, 1)}"
        )
    if batch.batch == 1 and network.norm == "batch":
        raise ConfigError(
            "--batch 1: expected at least 2 images beside --batchnorm, of which it takes mean and "
            "variance, found 1; choose more, or --layernorm"
        )
    read = make_inputs(
        inputs,
        standardization=examples.standardization,
        whitening=examples.whitening,
        shape=shape_of(examples.dataset),
    )
    stored, whitening = examples.features.shape[1], read.whitening
    shape = check_levels(read.shape, levels) if levels else None
    begin = parse_levels(network.local_init)
    seen = check_levels(read.shape, begin, "--local-init") if begin else None
    first = nn.local_layers(begin, seen) if seen else []
    created = nn.Network.create(
        inputs=stored if levels else read.width(stored),
        hidden=(*(layer.outputs for layer in first), *network.hidden),
        classes=len(examples.dataset["classes"]),
        activation=network.activation,
        initializer=network.initializer,
        seed=seed,
        dtype=network.precision,
        norm=network.norm,
        dropout=network.dropout,
        members=network.members,
        local=levels,
        shape=shape,
        components=whitening.shape[1] if levels and whitening is not None else 0,
    )
    if init is not None:
        initialize(created, identified(init), inputs)
    elif seen:
        nn.begin_locally(created, begin, seen, whitening, network.initializer, seed)
    return nn.Trainer(
        created,
        make_optimizer(optimizer, average),
        examples.features,
        examples.labels,
        batch=batch.batch,
        rows=rows,
        order=order_of(batches(rows, batch.batch, seed)),
        inputs=read,
        augment=make_augmentation(augmentation, inputs, read.shape, seed, until),
        weights=balanced(examples.labels, rows) if batch.class_weight == "balanced" else None,
        smoothing=batch.smoothing,
        clip=batch.clip,
        kernels=batch.kernels,
        workers=_workers(workers, context),
        executor=process_pool,
    )


def balanced(labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """A weight for each example, float64 (n,): one by how often its class is among `rows`.

    Weights of a class add up to the same for every class, and all of them to the number of rows:
    n / (classes · count), as scikit-learn's `class_weight="balanced"` has it. Classes that `rows`
    have none of count as having one.
    """
    counts = np.bincount(labels[rows], minlength=int(labels.max()) + 1)
    weights: np.ndarray = (len(rows) / np.count_nonzero(counts) / np.maximum(counts, 1))[labels]
    return weights


def _workers(requested: int | None, context: Context) -> int:
    """How many workers may share out a step; the trainer finds out how many of them pay."""
    if requested is None:
        return default_workers()
    workers, word = check_workers(requested)
    if word:
        context.warn(word)
    return workers


@contextmanager
def workers_alive() -> Iterator[None]:
    """Report to the user where workers were killed while the trainer ran."""
    from concurrent.futures import BrokenExecutor  # here and not above: it is slow to import

    try:
        yield
    except BrokenExecutor as error:
        raise UserError(
            "training: expected the workers to go on, found one that was killed, perhaps for "
            "lack of memory; run the same command again to resume from the last saved state, or "
            "choose fewer --workers"
        ) from error
