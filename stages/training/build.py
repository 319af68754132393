"""Trainer: what trains a network, from the arguments of a stage.

`train` and `lr-find` set out from the same network, images and optimizer, because both begin here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from pipeline.context import Context
from pipeline.errors import ConfigError, UserError
from pipeline.executors.cores import check_workers
from stages import neuralnet as nn
from stages.batches import epoch_order
from stages.dataset.formats.layout import shape_of
from stages.features import levels_of, make_inputs
from stages.training.components import augmentation_of, norm_of, optimizer_of


def make_trainer(given: Mapping[str, Any], context: Context) -> nn.Trainer:
    """The trainer of a new network; to be closed. ConfigError where the arguments do not fit.

    given: arguments of `train` by name: the artifacts `features` to `whitening`, and the parameters
        of the inputs, the network, the batches, the optimizer, the augmentation and the workers.
    """
    of = SimpleNamespace(**given)
    workers = of.workers
    if workers is not None:
        workers, word = check_workers(workers)
        if word:
            context.warn(word)
    if of.batch > len(of.train_rows):
        raise ConfigError(
            f"--batch {of.batch}: expected at most the number of training images, "
            f"{len(of.train_rows)}"
        )
    inputs = make_inputs(
        color=of.color,
        scale=of.scale,
        contrast=of.contrast,
        storage=of.storage,
        standardization=of.standardization,
        whitening=of.whitening,
        shape=shape_of(of.dataset),
    )
    network = nn.Network.create(
        inputs=inputs.width(of.features.shape[1]),
        hidden=of.hidden,
        classes=len(of.dataset["classes"]),
        activation=of.activation,
        initializer=of.initializer,
        seed=of.seed,
        dtype=of.precision,
        norm=norm_of(of.batchnorm, of.layernorm),
        dropout=of.dropout,
        members=of.members,
    )
    optimizer = optimizer_of(
        of.optimizer,
        of.average,
        momentum=of.momentum,
        nesterov=of.nesterov or None,
        beta2=of.beta2,
        l2=of.l2,
        weight_decay=of.weight_decay,
    )
    return nn.Trainer(
        network,
        optimizer,
        of.features,
        of.labels,
        batch=of.batch,
        rows=of.train_rows,
        order=epoch_order(of.train_rows, of.seed),
        inputs=inputs,
        augment=augmentation_of(
            inputs.shape,
            flip=of.flip,
            shift=of.shift,
            rotate=of.rotate,
            zoom=of.zoom,
            jitter=of.jitter,
            levels=levels_of(of.scale, of.storage),
            until=of.epochs - of.refine if of.refine else None,
            cutout=of.cutout,
            mixup=of.mixup,
            seed=of.seed,
        ),
        smoothing=of.smoothing,
        clip=of.clip,
        workers=workers,
        executor=of.executor,
    )


@contextmanager
def workers_alive() -> Iterator[None]:
    """Tell the user where workers were killed while the trainer ran."""
    from concurrent.futures import BrokenExecutor  # here and not above: it is slow to import

    try:
        yield
    except BrokenExecutor as error:
        raise UserError(
            "training: expected the workers to go on, found one that was killed, perhaps for "
            "lack of memory; run the same command again to go on from the last saved state, or "
            "choose fewer --workers"
        ) from error
