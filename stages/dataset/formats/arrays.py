"""Arrays: a dataset as NumPy saves it, `.npz` or `.npy` files.

    X  (n, d)                        a table of numbers
       (n, h, w)                     grey images
       (n, c, h, w) or (n, h, w, c)  images of 1, 3 or 4 channels (grey, RGB, RGB and opacity)
    y  (n,) or (n, 1)                whole numbers or texts

Training and test may come as two pairs (`x_train`, `y_train`, `x_test`, `y_test`, as Keras has
them); else a fifth of each class is held out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.context import Context
from pipeline.errors import ConfigError, DataError
from pipeline.store.files import Files, identify
from stages.dataset.classes import number_labels
from stages.dataset.formats.blobs import blobs
from stages.dataset.formats.examples import Examples
from stages.dataset.formats.layout import shown
from stages.dataset.formats.npy import map_array
from stages.dataset.formats.whites import Pixels
from stages.dataset.holdout import held_out
from stages.dataset.sources.address import Address, file_name
from stages.dataset.spool import Block, Reading, train_first

EXAMPLES = ("x", "images", "features", "data")
LABELS = ("y", "labels", "targets", "target", "label")


def is_known(name: str) -> bool:
    """Whether a file of this name is an array."""
    return name.lower().endswith(".npy")


def read(source: Files, options: Any, context: Context) -> Reading:
    """Yield images (uint8) or features (float32) and labels; return the record."""
    where = source.files[0].path
    total = sum(file.size for file in source.files)
    with ExitStack() as stack, context.progress("decode", total, "B") as progress:
        found = {
            name[:-4]: map_array(blob, stack)
            for name, blob in blobs(source, is_known, stack, progress.advance).items()
        }
        pairs = _pairs(found, options.label, where)
        examples = [Examples(found[x], f"{where}: {shown(x)}") for x, _ in pairs]
        labels = [np.asarray(found[y]) for _, y in pairs]
        for (x, y), own, numbers in zip(pairs, examples, labels, strict=True):
            if numbers.ndim == 0 or len(numbers) != own.count:
                raise DataError(
                    f"{where}: expected a label in {shown(y)} for each of the {own.count:,} "
                    f"examples in {shown(x)}, found {numbers.shape}"
                )
            if own.form != examples[0].form:
                raise DataError(
                    f"{own.where}: expected examples as in training, {examples[0].form}, found "
                    f"{own.form}"
                )
        white = max((own.white for own in examples if not own.bytes), default=255)
        for own in examples:
            own.expect_white(white)
            if own.is_dark:
                context.warn(
                    f"{own.where}: no pixel is above {own.most:g}, where white is 255 in arrays of "
                    "bytes: they are nearly black; scale them where another white is meant"
                )
        if lost := examples[0].lost():
            context.warn(
                f"{examples[0].where}: the numbers in column {lost[0]} (the first is 0)"
                + f" and {len(lost) - 1:,} more" * (len(lost) > 1)
                + " are nearly the same as float32, which has 7 digits; subtract the least from "
                "all, or leave the column out"
            )
        every = np.concatenate([_column(numbers) for numbers in labels])
        train = np.arange(len(every)) < examples[0].count
        name = f"{where}: {shown(pairs[0][1])}"
        if len(pairs) == 1:
            names, numbers = number_labels(every, np.ones(len(every), bool), name)
            test = held_out(numbers, name)
        else:
            names, numbers = number_labels(every, train, name)
            test = ~train
        yield from train_first(_blocks(examples, white, numbers, test))
        return {
            "classes": names,
            "train": int(len(test) - test.sum()),
            "test": int(test.sum()),
            **examples[0].record(white),
        }


def examples_in(path: Path, trained: Pixels | None = None) -> Iterator[np.ndarray]:
    """The examples of an `.npy` or `.npz` file without labels, block by block.

    Images uint8 (k, c, h, w) or rows float32 (k, d). trained: the pixels that the model was trained
    on. Raises `DataError` where the file holds none, or nothing says what their white is.
    """
    with ExitStack() as stack:
        source = identify(path)
        found = {
            n[:-4]: map_array(blob, stack) for n, blob in blobs(source, is_known, stack).items()
        }
        names = [name for name in found if len(found) == 1 or name.lower() in EXAMPLES]
        if len(names) != 1:
            raise DataError(
                f"{path}: expected one array, or one of them named {', '.join(EXAMPLES)}, found "
                f"{', '.join(map(shown, sorted(found)[:8])) or 'none'}; rename the one to predict"
            )
        own = Examples(found[names[0]], f"{path}: {shown(names[0])}", trained)
        own.expect_known_white(trained)
        yield from own.blocks(own.white)


def _blocks(
    examples: list[Examples], white: int, numbers: np.ndarray, test: np.ndarray
) -> Iterator[tuple[np.ndarray, Block]]:
    start = 0
    for own in examples:
        for rows in own.blocks(white):
            part = slice(start, start + len(rows))
            yield test[part], {"images": rows, "labels": numbers[part]}
            start += len(rows)


def _column(labels: np.ndarray) -> np.ndarray:
    """Labels (n, 1) as (n,); any others as they are, to be refused."""
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels


def _pairs(found: Mapping[str, Any], label: str, where: object) -> list[tuple[str, str]]:
    """The names of (examples, labels): of one pair, or of training and test."""
    if label:
        name = file_name(Address(label)) if "://" in label else label.rsplit("/", 1)[-1]
        label = name.removesuffix(".npy")
        others = [name for name in found if name != label]
        if label not in found or len(others) != 1:
            raise ConfigError(
                f"--label {shown(label)}: expected the name of one of two arrays, found "
                f"{', '.join(map(shown, sorted(found)))} in {where}"
            )
        return [(others[0], label)]
    by_name = {name.lower(): name for name in found}
    for x in EXAMPLES:
        for y in LABELS:
            for order in ("{0}_{1}", "{1}_{0}", "{0}{1}"):
                names = [
                    (by_name.get(order.format(x, part), ""), by_name.get(order.format(y, part), ""))
                    for part in ("train", "test")
                ]
                if all(map(all, names)):
                    return names
            if x in by_name and y in by_name:
                return [(by_name[x], by_name[y])]
    raise DataError(
        f"{where}: expected arrays X and y, or x_train, y_train, x_test and y_test, found "
        f"{', '.join(map(shown, sorted(found)[:8])) or 'none'}; rename them, or name that of the "
        "labels with --label"
    )
