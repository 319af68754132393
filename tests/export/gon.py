"""A network that gon saved: what it says of real images, and whether it comes back from our export.

    python -m tests.export.gon GON.json ARCHIVE

ARCHIVE is one in the official binary layout; the figures are of its first training batch.
"""

from __future__ import annotations

import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np

from stages.dataset.formats.layout import RECORD
from stages.features import to_features
from stages.modelfile.formats import write
from stages.modelfile.formats.gon_reader import read_gon
from stages.modelfile.model import Model
from stages.options import InputOptions

BATCH = "data_batch_1.bin"


def batch(archive: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (n, 3, 32, 32) and labels (n,) of the first training batch."""
    with tarfile.open(archive) as members:
        name = next(name for name in members.getnames() if name.endswith(BATCH))
        records = np.frombuffer(members.extractfile(name).read(), np.uint8).reshape(-1, RECORD)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


def comes_back(model: Model) -> bool:
    """Whether an export, read again, is the same model to the bit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gon.json"
        with open(path, "wb") as file:
            write(model, "gon", file)
        return read_gon(path).to_document() == model.to_document()


def main(path: str, archive: str) -> None:
    """Print the figures."""
    model, (images, labels) = read_gon(Path(path)), batch(Path(archive))
    p = model.probabilities(images)
    entropy = -np.log(p[np.arange(len(labels)), labels]).mean()
    print(f"{len(labels):,} images: accuracy {(p.argmax(axis=1) == labels).mean():.4f}", end=", ")
    print(f"mean cross-entropy {entropy:.6f}")
    logits = model.network.logits(to_features(images[:1], InputOptions()), inputs=model.inputs)[0]
    print(f"logits of the first image: {', '.join(f'{z:.6f}' for z in logits)}")
    print(f"import, export, import: {'the same' if comes_back(model) else 'ANOTHER'} model")


if __name__ == "__main__":
    main(*sys.argv[1:])
