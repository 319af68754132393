"""What is wrong with a source is said in one line, whatever it is."""

from __future__ import annotations

import gzip
import os
import struct
import zipfile

import numpy as np
import pytest

from pipeline.errors import ConfigError, DataError, UserError
from pipeline.store.files import identify
from stages.dataset.sources.resolve import resolve_source
from tests.stages import datasets
from tests.stages.examples import (
    cifar100_files,
    decoded,
    idx,
    idx_files,
    npy,
    npz,
    pictures,
    write_all,
    zipped,
)


def refusal(source, **options) -> str:
    with pytest.raises(UserError) as caught:
        decoded(source, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def of(tmp_path):
    """The refusal of a file of that name and content, or of a folder of files."""

    def go(name, data, label="", **options):
        options.setdefault("data_dir", str(tmp_path / "d"))
        path = tmp_path / name
        if isinstance(data, dict):
            write_all(path, data)
        else:
            datasets.write(path, data)
        with pytest.raises(UserError) as caught:
            found = resolve_source(
                source=str(path), sha256=None, data_dir=options["data_dir"], synthetic_size=50,
                label=label,
            )  # fmt: skip
            decoded(found["source"], label=label, **options)
        text = str(caught.value)
        assert "\n" not in text
        assert text.isprintable()
        return text.replace(str(tmp_path) + "/", "")

    return go


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
    ("t10k-labels-idx1-ubyte.gz", gzip.compress(idx(np.zeros(9))), "expected one such file, found"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "message"), IDX)
def test_idx(of, name, data, message):
    content = {n: d for n, d in (GOOD | {name: data}).items() if d is not None}
    assert message in of("i", content)


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
BAD = X.copy()
BAD[7, 1] = np.nan
ARRAYS = [
    (npz(X=X, y=Y.astype(object)), "found Python objects, which are pickled and may run code; sav"),
    (npz(X=BAD, y=Y), "expected finite numbers of float32, found nan at (7, 1) (counted from 0)"),
    (npz(X=X * np.inf, y=Y), "found inf at (0, 0)"),
    (npz(X=X * 1e300, y=Y), "expected finite numbers of float32, found "),
    (npz(X=X, y=Y[:9]), "expected a label in y for each of the 10 examples in X, found (9,)"),
    (npz(X=X, y=X[:, 0]), "numbers to be predicted (regression) are not supported"),
    (npz(X=X, y=X), "expected a label for each example, whole numbers or texts (n,), found flo"),
    (npz(X=X, y=Y * 0), "expected 2 to 10,000 classes, found 1 (0)"),
    (npz(X=X, y=Y + 1j), "expected numbers or texts, found complex128"),
    (npz(X=X, y=np.array([*"ab\n" * 3, "a"])), "expected class names of 1 to 100 printable char"),
    (npz(X=X.astype(str), y=Y), "expected numbers (n, d), (n, h, w), (n, c, h, w) or (n, h, w, c)"),
    (npz(X=X[:, :, None, None, None], y=Y), "expected numbers (n, d), (n, h, w), (n, c, h, w) or"),
    (npz(X=np.zeros((10, 2, 5, 6)), y=Y), "expected 1, 3 or 4 channels, first or last, in images"),
    (npz(X=np.zeros((10, 3, 5, 3)), y=Y), "expected 1, 3 or 4 channels, first or last, in images"),
    (npz(X=X[:, :, None] - 1, y=Y), "expected pixels from 0 to 1, 16, 255 or 65,535, found "),
    (npz(X=X[:, :, None] * 70_000, y=Y), "expected pixels from 0 to 1, 16, 255 or 65,535, found "),
    (npz(X=X[:0], y=Y[:0]), "expected 1 to 10,000,000 examples, found 0"),
    (npz(X=X), "expected arrays X and y, or x_train, y_train, x_test and y_test, found X; rename"),
    (npz(x_train=X, y_train=Y, x_test=X[:, :2], y_test=Y), "expected examples as in training, [3]"),
    (npz(x_train=X, y_train=Y, x_test=X, y_test=Y + 1), "expected test examples of classes that t"),
    (zipped({"X.npy": b"\x93NUMPY\x01\0", "y.npy": npy(Y)}), "expected a .npy file, found none ("),
    (zipped({"X.npy": npy(X)[:-8], "y.npy": npy(Y)}), "expected 240 bytes for float64 (10, 3), as"),
    (zipped({"X.npy": npy(X), "y.npy": npy(Y), "s/X.npy": npy(X)}), "expected one X.npy in the ar"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "message"), ARRAYS, ids=lambda v: v[:40] if type(v) is str else ""
)
def test_arrays(of, data, message):
    assert message in of("a.npz", data)


def test_a_header_of_a_huge_array(of):
    header = npy(np.zeros((1, 3))).replace(b"(1, 3), }            ", b"(1000000000000, 3), } ")
    text = of("a.npz", zipped({"X.npy": header, "y.npy": npy(Y)}))
    assert "expected 24,000,000,000,000 bytes for float64 (1000000000000, 3), as its header" in text


TABLES = [
    (b"a,b,kind\n1,2,x\n1,2\n", "expected 3 cells, as in the first line, found 2 in line 3; corre"),
    (b"a,b,kind\n1,,x\n?,NA,y\n", "found none in column a in line 3; b in line 2, 3; fill them in"),
    (b"a,b,kind\n1,2,\n", "expected a value in every cell, found none in column kind in line 2"),
    (b"a,a,kind\n1,2,x\n", "expected different names of columns, found a twice; rename one"),
    (b"a,,kind\n1,2,x\n", "expected a name of 1 to 100 printable characters for column 2, found '"),
    (b"a,b,kind\n", "expected rows below the names of the columns, found none"),
    (b"kind\nx\n", "expected 2 to 100,000 columns, found 1 (kind)"),
    (b"a,b,kind\n1,2,x\n3,4,x\n", "expected 2 to 10,000 classes, found 1 (x)"),
    (b"a,b,kind\n1,2,x\n3,4,y\n", "expected two examples or more of some class, to train and to t"),
    (b"a,b,kind\n1,inf,x\n3,4,y\n", "found inf in line 2; correct it, or leave the column out wit"),
    (b"a,b,kind\n1,\"2,x\n3,4,y\n", "expected CSV, found a mistake in line 3 (unexpected end of d"),
    (b"a,b,kind\n1,2,x\n3,\xff,y\n", "expected UTF-8 text, found the byte 0xff"),
    (b"a,b,kind\n1,2,0.5\n3,4,1.5\n", "numbers to be predicted (regression) are not supported"),
    (b"a,b,kind\n" + b"".join(b"%d,n%d,x\n" % (n, n) for n in range(200)),
     "column b: expected finite numbers, or at most 100 different texts, found n0 in line 2 and m"),
    (b"a,b,kind\n" + b"".join(b"%d,2,%d\n" % (n, n) for n in range(10_002)),
     "expected 2 to 10,000 classes, found 10,002 or more; numbers to be predicted (regression) ar"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "message"), TABLES, ids=lambda v: v[:40] if type(v) is str else ""
)
def test_tables(of, data, message):
    assert message in of("t.csv", data, label="kind")


def test_a_table_without_a_label(of):
    assert of("t.csv", b"a,b\n1,2\n") == (
        "t.csv: expected --label COLUMN, the column to predict, one of a, b"
    )


FOLDERS = [
    ({"cat/a.png": b""}, "expected 2 to 10,000 classes, found 1 (cat)"),
    ({"cat/a.png": b"", "b.png": b""}, "expected a folder for each class, as in cat/1.png or trai"),
    ({"cat/a.png": b"", "dog/notes.txt": b""}, "in every folder, found none in dog; remove what i"),
    ({"a\nb/a.png": b"", "dog/b.png": b""}, "expected class names of 1 to 100 printable character"),
    ({"x" * 101 + "/a.png": b"", "dog/b.png": b""}, "expected class names of 1 to 100 printable"),
    ({"train/cat/a.png": b"", "train/dog/b.png": b"", "test/cow/c.png": b""},
     "expected test images of classes that train has, found cow; give train that folder, too, or"),
    ({"train/cat/a.png": b"", "train/dog/b.png": b"", "val/cat/c.png": b""},
     "in the folders train and test, found val beside them; move or rename what is not a class"),
    ({"notes.txt": b""}, "expected images in folders by class, the files of a dataset (of CIFAR's"),
    ({"t.csv": b""}, "found t.csv; name the file itself: --source "),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message"), FOLDERS)
def test_folders(of, content, message):
    assert message in of("f", content)


def test_unreadable_images_are_listed_together(of):
    content = pictures(count=5) | {
        "cat/empty.png": b"",
        "dog/cut.jpg": pictures()["dog/1.jpeg"][:90],
    }
    text = of("f", content)
    assert text.startswith(
        "f: expected images that can be read, found none in 2 of 12 files: cat/e"
    )
    assert "dog/cut.jpg (expected an image file" in text
    assert text.endswith("; remove them, or leave them out with --skip-bad")


def test_a_class_of_which_nothing_can_be_read(of):
    content = pictures(count=5) | {f"cow/{n}.png": b"" for n in range(5)}
    assert "to train each class, and some to test, found none of cow" in of(
        "f", content, skip_bad=True
    )


def test_loops_and_pipes(tmp_path, of):
    folder = write_all(tmp_path / "f", pictures(count=2))
    (folder / "cat" / "loop").symlink_to(folder)
    assert "found a link to a folder above it, or more; remove it" in of("f", {})
    (folder / "cat" / "loop").unlink()
    os.mkfifo(folder / "cat" / "pipe.png")
    assert "f/cat/pipe.png: expected an image file, found no regular file" in of("f", {})
    (folder / "cat" / "pipe.png").unlink()
    (folder / "cat" / "gone.png").symlink_to(folder / "nothing")
    assert "cat/gone.png: expected a folder or a file that can be read: No such" in of("f", {})


ZIPS = [
    (zipped({"cat/../../a.png": b"", "dog/b.png": b""}), "expected names inside the archive, foun"),
    (zipped({"/cat/a.png": b"", "dog/b.png": b""}), "expected names inside the archive, found /ca"),
    (zipped(pictures())[:-30], "expected a zip archive that can be read, found none"),
    (zipped({"readme": b""}), "expected data_batch_1.bin"),
    (zipped({"a.csv": b"a,b\n1,2", "b.csv": b"a,b\n1,2"}), "expected one table in the archive, fo"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), ZIPS, ids=lambda v: v[:40] if type(v) is str else "")
def test_zip_archives(of, data, message):
    assert message in of("z.zip", data, label="b" if b"a.csv" in data else "")


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


def test_a_file_that_changed_after_it_was_listed(tmp_path):
    folder = write_all(tmp_path / "f", pictures(count=3))
    options = {"data_dir": str(tmp_path / "d")}
    found = resolve_source(source=str(folder), sha256=None, synthetic_size=50, **options)
    (folder / "cat" / "0.png").write_bytes(pictures()["dog/0.png"])
    assert "cat/0.png (it has changed meanwhile: run the same command again)" in refusal(
        found["source"], **options
    )


def test_a_listing_that_is_none(tmp_path):
    path = datasets.write(tmp_path / "images.listing", b'"image folder 1"\n["x",1,"../a.png"]\n')
    assert "expected the listing of a folder of images, found none" in refusal(identify(path))


@pytest.mark.parametrize("error", [ConfigError, DataError])
def test_they_are_the_users_mistakes(error):
    assert issubclass(error, UserError)
