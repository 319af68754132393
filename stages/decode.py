"""Decode: from the files of a dataset to arrays of examples and labels.

What the files are is known by their names and first bytes (dataset/formats/kinds.py). Training
examples come first, test examples last. The dataset's name follows from its content, never from
where it lies:

    cifar10, mnist, …      official files of `ORIGINS` (sources/origin.py), by their SHA-256
    synthetic              ten classes named as the drawn shapes are
    cifar10-like-xxxxxxxx  any other with CIFAR-10's class names, or without any
    custom-xxxxxxxx        any other

where x… are the first digits of the SHA-256 of its files' contents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from pipeline.context import QUIET, Context
from pipeline.errors import ConfigError
from pipeline.stage import stage
from pipeline.store.files import Files
from stages.dataset.formats import arrays, cifar10, cifar100, idx, kinds, pictures, table
from stages.dataset.formats.layout import SHAPE_CLASSES, STANDARD_CLASSES
from stages.dataset.options import ReadingOptions
from stages.dataset.repeats import Repeats
from stages.dataset.sources.address import Address
from stages.dataset.sources.origin import name_of
from stages.dataset.spool import Reading

WORDS = {
    "cifar10": "CIFAR-10's layout",
    "cifar100": "CIFAR-100's layout",
    "idx": "IDX files",
    "images": "image files",
    "arrays": "arrays",
    "table": "a table",
}
# Which options are of which kinds of sources; of others they are refused.
APPLIES = {
    "size": ("images",),
    "label": ("arrays", "table"),
    "drop": ("table",),
    "coarse": ("cifar100",),
    "skip_bad": ("images",),
}


def without_secrets(*, label: str, **others: Any) -> dict[str, Any]:
    """Of labels that are at a URL, only its public form is written down (see `Address`)."""
    at_url = label.lower().startswith(("http://", "https://"))
    return {"label": Address(label) if at_url else label, **others}


@stage(outputs=("images", "labels", "dataset"), resolve=without_secrets)
def decode(
    archive: Files, *, reading: ReadingOptions = ReadingOptions(), context: Context = QUIET
) -> Reading:
    """Read the images (or the rows of a table) and their labels.

    Yields images uint8 (k, channels, height, width), or rows float32 (k, d) of a table, and labels
    (k,), uint8 or, beyond 256 classes, uint16; returns the dataset's record: name, classes, numbers
    of training and test examples, shape of an image (a table has none, but columns), repeated
    examples. Raises `DataError` where a file is not as it should be.
    """
    kind = kinds.kind_of(archive)
    for name, those in APPLIES.items():
        if getattr(reading, name) and kind not in those:
            raise ConfigError(
                f"--{name.replace('_', '-')}: expected a source of "
                f"{' or '.join(WORDS[k] for k in those)}, found {WORDS[kind]}; leave it out"
            )
    context.check_free_space(sum(file.size for file in archive.files))  # or more, if it is packed
    repeats = Repeats()
    record: dict[str, Any] = {}
    reader = _reader(kind)(archive, reading, context)
    while True:
        try:
            block = next(reader)
        except StopIteration as end:
            record = end.value
            break
        repeats.add(block["images"])
        yield block
    found = {"name": dataset_name(archive, record["classes"], reading.coarse), **record}
    found["repeats"] = repeats.count(record["train"])
    if number := found["repeats"]["test_in_training"]:
        context.warn(
            f"{number:,} of {record['test']:,} test examples are in the training set, too, to the "
            "bit; figures on the test set are better than they would be on new ones"
        )
    return {"dataset": found}


def _reader(kind: str) -> Callable[..., Reading]:
    """What reads a kind of source: here and not in a table, for most runs decode nothing."""
    return {
        "cifar10": cifar10.read,
        "cifar100": cifar100.read,
        "idx": idx.read,
        "images": pictures.read,
        "arrays": arrays.read,
        "table": table.read,
    }[kind]


def dataset_name(archive: Files, classes: list[str], coarse: bool = False) -> str:
    """What a dataset is called, by its content (see the module's docstring)."""
    contents = [file.sha256 for file in archive.files]
    if name := name_of(contents):
        return f"{name}-coarse" if coarse else name
    if tuple(classes) == SHAPE_CLASSES:
        return "synthetic"
    kind = "cifar10-like" if tuple(classes) == STANDARD_CLASSES else "custom"
    if len(contents) > 1:
        contents = [hashlib.sha256("".join(contents).encode()).hexdigest()]
    return f"{kind}-{contents[0][:8]}"
