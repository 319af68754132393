"""Sources and archives that are no dataset."""

from __future__ import annotations

import tarfile

import pytest

from stages.dataset.formats import known
from stages.dataset.sources.origin import NAMES
from tests.messages.case import (
    DATA,
    LAYOUT,
    SHA,
    TAR,
    Case,
    archive,
    check,
    folder,
    short,
)
from tests.stages import datasets

TABLE = "a,c\n" + "1,x\n2,y\n" * 9

SOURCES = [
    Case(
        "run --source nowhere",
        f"error: --source: expected {', '.join(NAMES)}, a URL or a path, "
        "found nowhere (<…>); check the path",
    ),
    Case(
        "run --source cifar",
        f"error: --source: expected {', '.join(NAMES)}, a URL or a path, "
        "found cifar (<…>); did you mean cifar10?",
    ),
    Case(
        "run --source ftp://host/x",
        "error: --source: expected a URL like https://host/archive.tar.gz, found 'ftp://host/x'",
    ),
    Case(
        "run --source a.tar --sha256 xyz",
        "error: --sha256: expected 64 hexadecimal digits, found 'xyz'",
        {"a.tar": b""},
    ),
    Case(
        f"run --source a.tar --sha256 {SHA}",
        f"error: a.tar: expected SHA-256 {SHA}, found e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b9"
        "34ca495991b7852b855; get the file again, or correct --sha256",
        {"a.tar": b""},
    ),
    Case(
        f"run --source . --sha256 {SHA}",
        "error: --sha256: expected a file or a URL in --source, found the folder .; leave "
        "--sha256 out",
    ),
    Case(
        "run --source .",
        "error: .: expected images in folders by class, the files of a dataset (of CIFAR's or "
        "MNIST's layout), or X.npy and y.npy, found nothing; check the path",
    ),
    Case(
        "run --source .",
        "error: .: expected data_batch_1.bin … and test_batch.bin, found data_batch_1; this is "
        "CIFAR-10's Python version, whose pickles may run code; use the binary version: --source "
        "cifar10",
        {"data_batch_1": b""},
    ),
    Case(
        f"run {DATA} --size 9",
        "error: --size: expected a source of image files, found CIFAR-10's layout; leave it out",
    ),
    Case(
        "run --source t.csv --label c --storage uint8",
        "error: --storage uint8: expected images, found a table, whose numbers are no bytes; use "
        "--storage float32",
        {"t.csv": TABLE},
    ),
    Case(
        "run --source t.csv --label c --contrast",
        "error: --contrast: expected images, found a table, whose columns have no common scale; "
        "leave it out",
        {"t.csv": TABLE},
    ),
    Case(
        "run --source .",
        "error: {here}/test_batch.bin: expected a file, found a folder; name a file",
        {"data_batch_1.bin": b"", "test_batch.bin": None},
    ),
    folder(
        "data_batch_1.bin: expected a multiple of 3,073 bytes (records of 1 label and 3,072 pixels)"
        f", found an empty file; {LAYOUT}",
        data_batch_1__bin=b"",
    ),
    folder(
        "data_batch_1.bin: expected a multiple of 3,073 bytes (records of 1 label and 3,072 pixels)"
        f", found 4 bytes; {LAYOUT}",
        data_batch_1__bin=b"1234",
    ),
    folder(
        "data_batch_1.bin: expected labels from 0 to 9, found 11 in record 1 (the first is 0); the "
        "file is damaged or not in CIFAR-10's binary layout",
        data_batch_1__bin=bytes(3073) + b"\x0b" * 3073,
    ),
    folder(
        "batches.meta.txt: expected 10 different class names of at most 50 characters, one a line, "
        "found 2: a, a; correct the file or remove it",
        batches__meta__txt=b"a\na\n",
    ),
    folder(
        "batches.meta.txt: expected at most 4,096 bytes of class names, found 5,000; correct the "
        "file or remove it",
        batches__meta__txt=b"a" * 5000,
    ),
]


def _link() -> bytes:
    info = tarfile.TarInfo("x/data_batch_1.bin")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return datasets.tar({"data_batch_1.bin": info})


def _many() -> bytes:
    info = tarfile.TarInfo("data_batch_1.bin")
    info.size = 3073 * 10_000_001
    return info.tobuf() + bytes(2000)


WANTED = f"expected {known.WANTED}, found"

AGAIN = "check where it comes from and get it again"

ARCHIVES = [
    archive(b"", f"{WANTED} an empty file; {AGAIN}"),
    archive(b"<html>", f"{WANTED} a web page (HTML or XML); {AGAIN}"),
    archive(b"x" * 3000, f"{WANTED} a text; {AGAIN}"),
    archive(
        datasets.gz(TAR)[:-2000],
        "the compressed bytes are cut or damaged (they end too early); get the archive again",
    ),
    archive(
        TAR[: 512 + 9219 // 2],
        "cifar-10-batches-bin/data_batch_1.bin: expected 9,219 bytes, found the end before; get it "
        "again",
    ),
    archive(
        datasets.gz(b"x" * 3000),
        "expected a whole tar archive, with the header of a member at byte 512, found one whose "
        "checksum does not fit; get the archive again",
    ),
    archive(
        datasets.tar({"a.bin": b"1"}),
        "expected data_batch_1.bin … and test_batch.bin, found a.bin; use an archive or a folder "
        "in CIFAR-10's binary layout, of images in a folder for each class, or of arrays or a "
        "table",
    ),
    archive(
        _link(),
        "x/data_batch_1.bin: expected a file, found a link, a folder or the like; use another "
        "archive",
    ),
    archive(
        TAR[:-10240] + TAR,
        "cifar-10-batches-bin/data_batch_1.bin: expected one data_batch_1.bin in the archive, "
        "found two; use another archive",
    ),
    archive(
        _many(),
        "data_batch_1.bin: expected at most 10,000,000 records, found 10,000,001; use a smaller "
        "dataset",
    ),
]


@pytest.mark.parametrize("case", [*SOURCES, *ARCHIVES], ids=short)
def test_a_mistake(case, call, tmp_path, monkeypatch):
    check(case, call, tmp_path, monkeypatch)
