"""The model as one JSON document: written to the bit, read without trust.

from stages.modelfile import load_model

model = load_model("model.json")
model.probabilities(images)  # uint8 (n, 3, height, width) → (n, classes)
model.predict(images)        # → names of classes (n,)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stages.modelfile.model import Model

__all__ = ["load_model"]


def load_model(path: str | os.PathLike[str]) -> Model:
    """The model in a file. Raises `DataError`, in one line, where it holds none."""
    from stages.modelfile.reader import read_model  # here and not above: it needs NumPy

    return read_model(Path(path))
