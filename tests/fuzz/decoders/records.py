"""Folders of CIFAR-10 files: records of 3,073 bytes, file names, names of the classes."""

from __future__ import annotations

from pathlib import Path
from random import Random

from pipeline.store.files import File, Files
from stages.dataset.formats.layout import CLASSES_FILE, STANDARD_CLASSES, class_names
from tests.fuzz.decoders import Decoder
from tests.fuzz.decoders.archives import read_dataset
from tests.fuzz.decoders.tars import NAMES, contents
from tests.fuzz.mutate import TEXTS, damaged, noise

OTHERS = ["data_batch_x.bin", "data_batch_01.bin", "data_batch_" + "9" * 40 + ".bin", "readme.html"]
OTHERS += ["data_batch_٣.bin", "data_batch_.bin", "DATA_BATCH_1.BIN", "data_batch_1_2.bin"]


def make_folder(rng: Random) -> list[tuple[str, bytes]]:
    """Files of a small dataset by name, some of them damaged, missing or odd."""
    files = [(name, contents(rng, name)) for name in NAMES]
    way = rng.random()
    if way < 0.4:
        at = rng.randrange(len(files))
        files[at] = (files[at][0], damaged(rng, files[at][1]) if way < 0.3 else noise(rng))
    elif way < 0.6:
        name = rng.choice(OTHERS)
        files.insert(rng.randrange(5), (name, contents(rng, name)))
    elif way < 0.7:
        del files[rng.randrange(len(files))]
    rng.shuffle(files)
    return files


def read_folder(files: list[tuple[str, bytes]], folder: Path) -> bool:
    references = []
    for name, data in files:
        path = folder / name
        path.write_bytes(data)
        references.append(File(path, len(data), "0" * 64))
    try:
        read_dataset(Files(tuple(references)))
    finally:
        for file in references:
            file.path.unlink()
    return True


def make_names(rng: Random) -> bytes:
    names = list(STANDARD_CLASSES)
    for _ in range(rng.randrange(3)):
        names[rng.randrange(10)] = rng.choice((*TEXTS, "dog", " cat\t", "x" * 50, "x" * 51))
    text = rng.choice(("\n", "\n", "\r\n", "\0", ",")).join(names)
    data = text.encode("utf-8", "surrogatepass")
    return damaged(rng, data) if rng.random() < 0.5 else data


def read_names(data: bytes, folder: Path) -> bool:
    names = class_names(data, CLASSES_FILE)
    assert len(set(names)) == 10
    assert all(name.isprintable() and name == name.strip() and name for name in names)
    return True


DECODERS = {
    "record files": Decoder(make_folder, read_folder, 100),
    "class names": Decoder(make_names, read_names, 60),
}
