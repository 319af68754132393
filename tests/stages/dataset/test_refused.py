"""What is wrong with an IDX file, CIFAR-100 or a zip archive is said in one line."""

from __future__ import annotations

import gzip
import struct
import zipfile

import numpy as np
import pytest

from pipeline.errors import ConfigError, DataError, UserError
from tests.stages import datasets
from tests.stages.examples import (
    cifar100_files,
    idx,
    idx_files,
    npy,
    pictures,
    zipped,
)

GOOD = idx_files(pack=False)
HUGE = b"\0\0\x08\3" + struct.pack(">3I", 2**31, 28, 28)
IDX = [
    ("train-images-idx3-ubyte", GOOD["train-images-idx3-ubyte"][:-1], "found the end; the file is"),
    ("train-images-idx3-ubyte", GOOD["train-images-idx3-ubyte"] + b"\0", "found more bytes; get i"),
    ("train-images-idx3-ubyte", b"\0\0\x0d\3" + bytes(20), "begins with 0000 0803, found 0000 0d0"),
    ("train-images-idx3-ubyte", b"", "found an empty file; get it again"),
    ("train-images-idx3-ubyte", HUGE, "found dimensions 2147483648 × 28 × 28; the file is damaged"),
    ("train-images-idx3-ubyte", idx(np.zeros((20, 5, 5))), "expected images of 5 × 5 pixels, as i"),
    ("train-labels-idx1-ubyte", idx(np.zeros(19)), "expected 20 labels, found 19"),
    ("train-labels-idx1-ubyte", idx(np.zeros(20)), "expected test examples of classes that traini"),
    ("t10k-labels-idx1-ubyte", None, "expected t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.g"),
    (
        "t10k-labels-idx1-ubyte.gz",
        gzip.compress(idx(np.zeros(9)), mtime=0),
        "expected one such file, found",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "message"), IDX)
def test_idx(of, name, data, message):
    content = {n: d for n, d in (GOOD | {name: data}).items() if d is not None}
    assert message in of("i", content)


@pytest.mark.long
def test_a_packed_idx_file_that_stands_for_too_much(of):
    content = idx_files()
    content["train-images-idx3-ubyte.gz"] = gzip.compress(
        b"\0\0\x08\3" + struct.pack(">3I", 50_000, 50, 40) + bytes(100_000_000)
    )
    content["train-labels-idx1-ubyte.gz"] = gzip.compress(idx(np.arange(50_000) % 4))
    content["t10k-images-idx3-ubyte.gz"] = gzip.compress(idx(np.zeros((10, 50, 40))))
    assert "they stand for more than 100 times as many" in of("i", content)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train.bin": b"x" * 3073}, "expected a multiple of 3,074 bytes (records of 2 labels and"),
        ({"train.bin": b""}, "found 0 bytes; the file is cut or not in CIFAR-100's binary layout"),
        (
            {"train.bin": b"\0\xff" + bytes(3072)},
            "expected fine labels from 0 to 99, found 255 in r",
        ),
        (
            {"test.bin": None},
            "expected test.bin, found coarse_label_names.txt, fine_label_names.txt",
        ),
        ({"fine_label_names.txt": b"a\nb\n"}, "expected 100 different names, one a line, found 2"),
    ],
)
def test_cifar100(of, changes, message):
    content = {n: d for n, d in (cifar100_files() | changes).items() if d is not None}
    assert message in of("c", content)


@pytest.mark.parametrize("name", ["data_batch_1", "train"])
def test_archives_of_pickles(of, name):
    content = {"cifar-python/meta": b"\x80\x02", f"cifar-python/{name}": b"\x80\x02}q\x01."}
    for data in (datasets.gz(datasets.tar(content)), zipped(content)):
        text = of("p", data)
        assert "Python version" in text
        assert text.endswith(f"--source cifar10{'0' * (name == 'train')}")


X, Y = np.random.default_rng(0).random((10, 3)), np.arange(10) % 2
ZIPS = [
    (zipped({"cat/../../a.png": b"", "dog/b.png": b""}), "expected names inside the archive, foun"),
    (zipped({"/cat/a.png": b"", "dog/b.png": b""}), "expected names inside the archive, found /ca"),
    (zipped(pictures())[:-30], "expected a zip archive that can be read, found none"),
    (zipped({"readme": b""}), "expected data_batch_1.bin"),
    (b"7z\xbc\xaf\x27\x1c" + bytes(99), "found a 7z archive; check where it comes from"),
    (zipped({"a.csv": b"a,b\n1,2", "b.csv": b"a,b\n1,2"}), "expected one table in the archive, fo"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), ZIPS, ids=lambda v: v[:40] if type(v) is str else "")
def test_zip_archives(of, data, message):
    assert message in of("z.zip", data, label="b" if b"a.csv" in data else "")


@pytest.mark.long
def test_a_zip_bomb(of):
    text = of("z.zip", zipped({"X.npy": bytes(200_000_000), "y.npy": npy(Y)}))
    assert "it stands for more than 100 times its bytes, as no data do" in text


def test_flipped_bits_and_encrypted_members_of_a_zip(tmp_path, of):
    data = bytearray(zipped({"X.npy": npy(X), "y.npy": npy(Y)}))
    data[60] ^= 1
    assert "expected a zip archive that can be read, found none" in of("z.zip", bytes(data))
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.npy", npy(X))
    locked = bytearray(path.read_bytes())
    for sign, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(sign) + place] |= 1
    assert "found none (it is encrypted)" in of("e.zip", bytes(locked))


@pytest.mark.parametrize("error", [ConfigError, DataError])
def test_they_are_the_users_mistakes(error):
    assert issubclass(error, UserError)
