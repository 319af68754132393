"""The components of a step: two networks, and what is added to them.

The recipe's network whitens the bytes of colour images to 300 inputs; the reference network takes
1,024 numbers as they are stored.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.neuralnet import SGD, Augmentation, Inputs, Network, Trainer
from tests.benchmarks.reference import L2, LR, MOMENTUM
from tests.benchmarks.turns import Go

IMAGES = 20_480  # whole batches only, so that all steps are alike
CLASSES = 10
WHITENING = "whitening"
DROPOUT, SMOOTHING = 0.1, 0.1
AUGMENTATION = {
    "flips": {"flip": "alternate"},
    "shifts": {"shift": 2},
    "turns and zooms": {"rotate": 10.0, "zoom": 0.1},
    "jitter": {"jitter": 0.2},
    "cutout": {"cutout": 8},
    "mixup": {"mixup": 0.2},
}
COMPONENTS = (
    "batch norm", "layer norm", "GELU", "dropout", "smoothing", *AUGMENTATION, "contrast", WHITENING
)  # fmt: skip
# One network has one normalisation; the recipe is `fast-dense`.
RECIPE = frozenset({"batch norm", "GELU", "smoothing", "flips", "shifts", WHITENING})
EVERYTHING = frozenset(COMPONENTS) - {"layer norm"}

Chosen = frozenset[str]


@dataclass(frozen=True)
class Case:
    """A network and a batch size; `plain` is what its step is never without."""

    name: str
    shape: tuple[int, int, int]  # of an image
    hidden: tuple[int, ...]
    components: int  # inputs that whitening makes
    plain: Chosen
    stored: str  # dtype of the images
    batch: int

    def __str__(self) -> str:
        return f"{self.name}, {self.batch}"

    @property
    def features(self) -> int:
        """Numbers of an image."""
        return math.prod(self.shape)

    def comparisons(self) -> dict[str, tuple[Chosen, Chosen]]:
        """By what is added: a step without and with it."""
        found = {name: (self.plain - {name}, self.plain | {name}) for name in COMPONENTS}
        return found | {"everything": (self.plain, EVERYTHING)}

    def data(self, folder: Path, chosen: Chosen) -> tuple[np.ndarray, np.ndarray]:
        """Features, memory-mapped, and labels. Without the whitening that the network is never
        without, the features are what it would have made.
        """
        ready = WHITENING in self.plain and WHITENING not in chosen
        width, kind = (self.components, "float32") if ready else (self.features, self.stored)
        path = folder / f"{kind}-{width}.npy"
        generator = np.random.default_rng(0)
        if not path.exists():
            if kind == "uint8":
                np.save(path, generator.integers(0, 256, (IMAGES, width), np.uint8))
            else:
                np.save(path, generator.random((IMAGES, width), np.float32))
        return np.load(path, mmap_mode="r"), generator.integers(0, CLASSES, IMAGES)

    def whitening(self) -> np.ndarray:
        """Some matrix (1 + features, components) whose products are of about 1."""
        shape = 1 + self.features, self.components
        return np.random.default_rng(1).standard_normal(shape, np.float32) / self.features**0.5

    def width(self, chosen: Chosen) -> int:
        """Numbers that the first layer reads."""
        return self.components if WHITENING in self.plain | chosen else self.features


def cases(batches: tuple[int, ...] = (64, 512)) -> list[Case]:
    """Both networks at each batch size."""
    whitened = frozenset({WHITENING})
    recipe = "3072-PCA 300-1024-512-10", (3, 32, 32), (1024, 512), 300, whitened, "uint8"
    plain = "1024-512-256-10", (1, 32, 32), (512, 256), 1024, frozenset(), "float32"
    return [Case(*network, batch) for network in (recipe, plain) for batch in batches]


@contextmanager
def trainer(case: Case, chosen: Chosen, folder: Path, workers: int | None) -> Iterator[Trainer]:
    """This project's trainer with these components."""
    features, labels = case.data(folder, chosen)
    norm = next((n for n in ("batch", "layer") if f"{n} norm" in chosen), "none")
    activation = "gelu" if "GELU" in chosen else "relu"
    dropout = DROPOUT if "dropout" in chosen else 0.0
    network = Network.create(
        case.width(chosen), case.hidden, CLASSES, activation, norm=norm, dropout=dropout
    )
    inputs = Inputs(
        scale=1 / 255 if features.dtype == np.uint8 else 1.0,
        contrast="contrast" in chosen,
        whitening=case.whitening() if WHITENING in chosen else None,
    )
    augment = None
    if not chosen.isdisjoint(AUGMENTATION):
        options = {k: v for n in AUGMENTATION if n in chosen for k, v in AUGMENTATION[n].items()}
        augment = Augmentation(case.shape, **options)
    with Trainer(
        network,
        SGD(MOMENTUM, L2),
        features,
        labels,
        batch=case.batch,
        inputs=inputs,
        augment=augment,
        smoothing=SMOOTHING if "smoothing" in chosen else 0.0,
        workers=workers,
    ) as made:
        yield made


def steps_of(made: Trainer) -> Go:
    """What carries out steps, one epoch after the other."""
    epoch = at = 0

    def go(steps: int) -> None:
        nonlocal epoch, at
        while steps:
            stop = min(at + steps, made.steps)
            made.run(epoch, at, stop, LR)
            steps, at = steps - (stop - at), stop
            if at == made.steps:
                epoch, at = epoch + 1, 0

    return go
