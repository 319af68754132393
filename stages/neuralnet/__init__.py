"""Multi-layer perceptrons in plain NumPy, trained as fast as the processor allows.

A library on its own: it needs NumPy and threadpoolctl, and nothing else of this project.

    import numpy as np
    from stages.neuralnet import SGD, Network, Trainer, exponential

    if __name__ == "__main__":
        images = np.random.default_rng(0).random((2000, 64), np.float32)
        labels = images[:, :4].argmax(axis=1)
        network = Network.create(inputs=64, hidden=(32,), classes=4, activation="relu", seed=0)
        rate = exponential(lr=0.05, decay=0.95)
        with Trainer(network, SGD(momentum=0.9, l2=1e-4), images, labels, batch=50) as trainer:
            for epoch in range(10):
                trainer.run(epoch, 0, trainer.steps, rate(epoch))
                print(epoch, trainer.totals.means())
        print(network.evaluate(images, labels).accuracy)
"""

from __future__ import annotations

from .beginning import begin_locally
from .compiler import expect_numba
from .divergence import Diverged
from .images.augmentation import Augmentation
from .inputs import Inputs, mirrored
from .layers.activations import ACTIVATIONS
from .layers.initializers import INITIALIZERS
from .layers.local import Local
from .layers.stack import build_one, local_layers, patch_layer, whitens_patches
from .metrics import Scores, Totals
from .network import Network
from .optimizers import OPTIMIZERS, SGD, Averaged, make_optimizer
from .processor import OneBlasThread
from .schedules import SCHEDULES, exponential, make_schedule
from .trainer import Trainer

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "OPTIMIZERS",
    "SCHEDULES",
    "SGD",
    "Augmentation",
    "Averaged",
    "Diverged",
    "Inputs",
    "Local",
    "Network",
    "OneBlasThread",
    "Scores",
    "Totals",
    "Trainer",
    "begin_locally",
    "build_one",
    "expect_numba",
    "exponential",
    "local_layers",
    "make_optimizer",
    "make_schedule",
    "mirrored",
    "patch_layer",
    "whitens_patches",
]
