"""What is compared: a row is the recipe `fast-dense`, some flags changed. Add one by adding a line.

`A|B|C` stands for one flag with each of these values: they are tried with the first seed, and the
one with the best validation goes on. Without batch normalisation or with another optimizer the
recipe's learning rate would be no fair one, so such rows have a choice of them; where the best is
the first or the last, try more.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

RECIPE = "fast-dense"

GROUPS = {
    "the recipe": {
        RECIPE: "",
    },
    "one left out": {
        "no-whitening": "--whiten none --components 0 --standardize feature",
        "gray": "--no-color",
        "no-batchnorm": "--no-batchnorm --lr 0.1|0.2|0.5",
        "no-flips": "--flip none",
        "no-shifts": "--shift 0",
        "no-augmentation": "--flip none --shift 0",
        "no-smoothing": "--smoothing 0",
        "no-nesterov": "--no-nesterov",
        "no-momentum": "--momentum 0 --no-nesterov --lr 0.5|2|5",
        "no-warmup": "--warmup 0",
        "constant-rate": "--schedule constant --warmup 0 --final 0 --lr 0.05|0.1|0.2",
        "no-l2": "--l2 0",
    },
    "another instead": {
        "layernorm": "--no-batchnorm --layernorm --lr 0.2|0.5|1",
        "relu": "--activation relu",
        "silu": "--activation silu",
        "random-flips": "--flip random",
        "cosine": "--schedule cosine",
        "pca-100": "--components 100",
        "pca-500": "--components 500",
        "adamw": "--optimizer adamw --no-nesterov --l2 0 --weight-decay 0.1 "
        "--lr 0.001|0.003|0.01|0.03",
        "lion": "--optimizer lion --no-nesterov --l2 0 --weight-decay 1 --lr 0.0003|0.001|0.003",
        "muon": "--optimizer muon --no-nesterov --momentum 0.95 --l2 0 --weight-decay 0.1 "
        "--lr 0.01|0.02|0.05",
        "batch-128": "--batch 128 --lr 0.1|0.2|0.5",
        "third-layer": "--hidden 1024,512,512",
        "wide": "--hidden 2352,512",
    },
    "locality, instead": {
        "local-start": "--hidden 512 --local-init 8,4,48",
        "local": "--local 8,4,48 --hidden 512 --components 96",
        "two-local": "--local 6,2,24/3,2,64 --hidden 512 --components 96",
    },
    "one added": {
        "contrast": "--contrast",
        "dropout": "--dropout 0.1",
        "rotate-zoom": "--rotate 10 --zoom 0.1",
        "jitter": "--jitter 0.2",
        "cutout": "--cutout 8",
        "mixup": "--mixup 0.2",
        "average": "--average 0.99",
        "ensemble": "--members 4",
        "clip": "--clip 1",
    },
}


@dataclass(frozen=True)
class Row:
    """A row of the table: what it is called, what it belongs to, and the flags as written."""

    name: str
    group: str
    flags: str

    def variants(self) -> list[tuple[str, ...]]:
        """The flags as the program takes them, once for each value that is to be tried."""
        words = shlex.split(self.flags)
        places = [place for place, word in enumerate(words) if "|" in word]
        if len(places) > 1:
            raise ValueError(f"{self.name}: expected a choice of one flag, found {self.flags!r}")
        if not places:
            return [tuple(words)]
        (place,) = places
        return [(*words[:place], v, *words[place + 1 :]) for v in words[place].split("|")]


ROWS = {
    name: Row(name, group, flags) for group, rows in GROUPS.items() for name, flags in rows.items()
}
