"""Decoding for tests: the records of archives in CIFAR-10's layout, or what is said of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.context import Context
from pipeline.errors import DataError
from pipeline.store.files import Files, identify
from stages.decode import decode

NAMES = "\n".join("abcdefghij").encode()


def run(*paths: Path) -> tuple[np.ndarray, np.ndarray, dict]:
    """Images, labels and the dataset's record, of an archive or of the files of a folder."""
    return collect(identify(*paths))


def collect(source: Files, context: Context | None = None) -> tuple[np.ndarray, np.ndarray, dict]:
    blocks, images, labels = decode(source, **({"context": context} if context else {})), [], []
    while True:
        try:
            block = next(blocks)
        except StopIteration as end:
            return np.concatenate(images), np.concatenate(labels), end.value["dataset"]
        images.append(block["images"])
        labels.append(block["labels"])


def bytes_of(images: np.ndarray, labels: np.ndarray) -> bytes:
    assert images.dtype == labels.dtype == np.uint8
    assert images.shape == (len(labels), 3, 32, 32)
    return np.hstack([labels[:, None], images.reshape(len(labels), -1)]).tobytes()


def refused(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        run(path)
    message = str(caught.value)
    assert "\n" not in message
    return message.replace(f"{path.parent}/", "")
