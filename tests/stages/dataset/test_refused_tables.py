"""What is wrong with an array or a table is said in one line."""

from __future__ import annotations

import numpy as np
import pytest

from tests.stages.examples import (
    npy,
    npz,
    zipped,
)

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
    (npz(X=X[:, :, None] - 1, y=Y), "expected pixels from 0 to 1, 255 or 65,535,"),
    (npz(X=X[:, :, None] * 70_000, y=Y), "expected pixels from 0 to 1, 255 or 65,535,"),
    (npz(X=X[:, :, None] * 1.01 / X.max(), y=Y), "found 0 to 1.01, with fractions; scale"),
    (npz(X=X[:, :, None] * 20.5 / X.max(), y=Y), "found 0 to 20.5, with fractions; scale"),
    (npz(X=X[:, :, None] * 300.5 / X.max(), y=Y), "found 0 to 300.5, with fractions; scale"),
    (npz(X=np.full((10, 2, 2), 300, np.uint16), y=Y), "or whole ones to 16, found 0 to 300; scale"),
    (npz(X=X, y=np.eye(2)[Y]), "found float64 (10, 2); of rows with a 1 for the class take argmax"),
    (npz(X=X, y=np.array(["a", "b", "nan", *"abababa"])), "found nan in row 2 (the first is 0), w"),
    (npz(X=X, y=np.array([b"a", b"<NA>"] * 5)), "found <NA> in row 1 (the first is 0), which is"),
    (npz(X=X, y=np.array([b"caf\xe9", b"caf\xe8"] * 5)), "expected labels in UTF-8, found the b"),
    (npz(X=X, y=np.array(["K\u00fc", "Ku\u0308"] * 5)), "'K\\xfc', which look the same; rename"),
    (npz(X=X, y=np.array(["a", "a "] * 5)), "found 'a' and 'a ', which look the same; rename one"),
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
    (b"a,b,kind\n<NA>,NaT,x\n1,#NA,y\n", "found none in column a in line 2; b in line 2, 3; fil"),
    (b"a,b,kind\n1,,x\n?,NA,y\n", "found none in column a in line 3; b in line 2, 3; fill them in"),
    (b"a,b,kind\n1,2,\n", "expected a value in every cell, found none in column kind in line 2"),
    (b"a,a,kind\n1,2,x\n", "expected different names of columns, found a twice; rename one"),
    (b"a,,kind\n1,2,x\n", "expected a name of 1 to 100 printable characters for column 2, found '"),
    (b"a,b,kind\n", "expected rows below the names of the columns, found none"),
    (b"kind\nx\n", "expected 2 to 100,000 columns, found 1 (kind)"),
    (b"sep=;\na;kind\n1;x\n", "remove the first line, which tells Excel sep="),
    (b",a,kind\n0,1,x\n", "write the table with to_csv(…, index=False)"),
    (b"My table,,\na,b,kind\n1,2,x\n", "names the columns: remove a title above it"),
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


def test_too_many_features(of, monkeypatch):
    monkeypatch.setattr("stages.dataset.formats.columns.FEATURES", 2)
    text = of("t.csv", b"a,b,kind\n1,red,x\n3,blue,y\n", label="kind")
    assert text == "t.csv: expected at most 2 features, found more"


def test_a_table_without_a_label(of):
    assert of("t.csv", b"a,b\n1,2\n") == (
        "t.csv: expected --label COLUMN, the column to predict, one of a, b"
    )
