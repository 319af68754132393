"""The same dataset in other wrappings is the same dataset."""

from __future__ import annotations

import bz2

import numpy as np
import pytest

from pipeline.errors import DataError
from pipeline.store.files import identify
from stages.dataset.sources.resolve import resolve_source
from tests.stages import datasets
from tests.stages.examples import (
    cifar100_files,
    decoded,
    idx_files,
    npy,
    npz,
    picture,
    pictures,
    write_all,
    zipped,
)

TABLE = b'\xef\xbb\xbfa;b;kind\r\n1;x;yes\r\n2;"y;\n z";no\r\n\r\n3;x;yes\r\n4;x;no\r\n'


def resolved(path, tmp_path, **options):
    given = {"sha256": None, "data_dir": str(tmp_path / "d"), "synthetic_size": 50, **options}
    return resolve_source(source=str(path), **given)["source"]


def same(a, b) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a[:2], b[:2], strict=True))


@pytest.mark.long
@pytest.mark.parametrize("members", [idx_files, cifar100_files, datasets.files])
def test_a_folder_a_tar_and_a_zip(tmp_path, members):
    content = members()
    folder = write_all(tmp_path / "f", content)
    plain = decoded(resolved(folder, tmp_path))
    backwards = dict(reversed(content.items()))
    for name, data in (
        ("a.tar", datasets.tar(backwards)),
        ("a.tar.bz2", bz2.compress(datasets.tar(content))),
        ("a.zip", zipped({f"deep/in/{name}": data for name, data in backwards.items()})),
    ):
        found = decoded(identify(datasets.write(tmp_path / name, data)))
        assert same(found, plain)
        assert found[2]["classes"] == plain[2]["classes"]


def test_images_in_a_folder_a_tar_and_a_zip(tmp_path):
    content = {f"photos/{name}": data for name, data in pictures().items()}
    options = {"data_dir": str(tmp_path / "d"), "size": 5}
    write_all(tmp_path, content)
    plain = decoded(resolved(tmp_path / "photos", tmp_path), **options)
    assert plain[0].shape == (20, 3, 5, 5)
    assert (plain[2]["train"], plain[2]["test"]) == (16, 4)
    ordered = dict(sorted(content.items()))
    extra = {
        "__MACOSX/._1.png": b"",
        "photos/.small/1.png": picture(1),
        "photos/._x.png": b"",
        "photos/notes.txt": b"",
    }
    for data in (datasets.gz(datasets.tar(ordered | extra)), zipped(ordered | extra)):
        found = decoded(identify(datasets.write(tmp_path / "x", data)), **options)
        assert same(found, plain)


def test_tables_packed_and_not(tmp_path):
    plain = decoded(identify(datasets.write(tmp_path / "t.csv", TABLE)), label="kind")
    assert plain[0].dtype == np.float32
    assert plain[0].shape == (4, 3)
    assert plain[2]["columns"] == [
        {"name": "a", "kind": "number"},
        {"name": "b", "kind": "category", "values": ["x", "y;\n z"]},
    ]
    assert plain[2]["classes"] == ["no", "yes"]
    assert plain[2]["shape"] is None
    for name, data in (
        ("t.csv.gz", datasets.gz(TABLE)),
        ("t.zip", zipped({"t.csv": TABLE})),
        ("t.tar.gz", datasets.gz(datasets.tar({"d/t.csv": TABLE, "d/._t.csv": b"\0"}))),
        ("t.tsv", TABLE.replace(b";", b"\t").replace(b"y\t", b"y;")),
    ):
        assert same(decoded(identify(datasets.write(tmp_path / name, data)), label="kind"), plain)


def test_parquet_is_as_csv(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    table = pa.table({"a": [1, 2, 3, 4], "b": ["x", "y;\n z", "x", "x"], "kind": [*"yn", *"yn"]})
    pq.write_table(table, tmp_path / "t.parquet")
    plain = decoded(identify(datasets.write(tmp_path / "t.csv", TABLE)), label="kind")
    found = decoded(identify(tmp_path / "t.parquet"), label="kind")
    assert same(found, plain)
    pq.write_table(pa.table({"a": [1, None], "kind": ["x", "y"]}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"found none in column a in line 2; fill"):
        decoded(identify(tmp_path / "t.parquet"), label="kind")
    (tmp_path / "t.parquet").write_bytes((tmp_path / "t.parquet").read_bytes()[:-9])
    with pytest.raises(DataError, match=r"expected a Parquet file that can be read, found none"):
        decoded(identify(tmp_path / "t.parquet"), label="kind")


IMAGES = np.random.default_rng(0).integers(0, 256, (20, 4, 6), np.uint8)
KINDS = np.arange(20) % 2


@pytest.mark.parametrize(
    "same_pixels",
    [
        IMAGES,
        IMAGES[:, None],
        IMAGES[..., None],
        IMAGES.astype(np.int64),
        IMAGES / 255,
        (IMAGES / 255).astype(np.float32),
        IMAGES.astype(np.uint16) * 257,
        np.asfortranarray(IMAGES),
    ],
    ids=lambda array: f"{array.dtype} {array.shape}",
)
def test_forms_of_gray_images(tmp_path, same_pixels):
    source = identify(datasets.write(tmp_path / "a.npz", npz(X=same_pixels, y=KINDS)))
    images, labels, record = decoded(source)
    assert record["shape"] == [1, 4, 6]
    assert record["classes"] == ["0", "1"]
    assert images.dtype == np.uint8
    order = [int(np.flatnonzero((image[0] == IMAGES).all((1, 2)))[0]) for image in images]
    assert sorted(order) == list(range(20))
    assert (labels == KINDS[order]).all()


def test_colors_first_or_last_and_opacity(tmp_path):
    colors = np.random.default_rng(0).integers(0, 256, (10, 5, 6, 3), np.uint8)
    clear = np.concatenate([colors, np.zeros((10, 5, 6, 1), np.uint8)], axis=3)
    first = decoded(identify(datasets.write(tmp_path / "a.npz", npz(X=colors, y=KINDS[:10]))))
    moved = npz(X=colors.transpose(0, 3, 1, 2), y=KINDS[:10])
    assert same(decoded(identify(datasets.write(tmp_path / "b.npz", moved))), first)
    white = decoded(identify(datasets.write(tmp_path / "c.npz", npz(X=clear, y=KINDS[:10]))))
    assert first[2]["shape"] == white[2]["shape"] == [3, 5, 6]
    assert (white[0] == 255).all()


def test_names_of_a_pair_of_files(tmp_path):
    folder = write_all(tmp_path / "n", {"X.npy": npy(IMAGES), "y.npy": npy(KINDS)})
    plain = decoded(resolved(folder, tmp_path))
    assert same(decoded(resolved(folder / "X.npy", tmp_path)), plain)
    label = str(folder / "y.npy")
    assert same(decoded(resolved(folder / "X.npy", tmp_path, label=label), label=label), plain)
    (folder / "y.npy").unlink()
    with pytest.raises(DataError, match=r"expected the labels beside it, in y.npy, found none"):
        resolved(folder / "X.npy", tmp_path)


def test_more_than_256_classes_are_two_bytes(tmp_path):
    labels = np.repeat(np.arange(300), 2)
    source = identify(
        datasets.write(
            tmp_path / "a.npz", npz(X=np.random.default_rng(0).random((600, 2)), y=labels)
        )
    )
    _, found, record = decoded(source)
    assert found.dtype == np.uint16
    assert found.max() == 299
    assert len(record["classes"]) == 300


def test_repeated_images_are_counted_and_reported(tmp_path):
    from pipeline.context import Context
    from stages.decode import decode
    from tests.stages.examples import collected

    class Listening(Context):
        def __init__(self):
            self.warnings = []

        def warn(self, message):
            self.warnings.append(message)

    content = {f"{part}/{name}": data for part in ("train", "test")
               for name, data in pictures(count=3).items()}  # fmt: skip
    content["train/cat/again.png"] = content["train/cat/0.png"]
    content["test/dog/new.png"] = picture(222)
    source = resolved(write_all(tmp_path / "f", content), tmp_path)
    from stages.dataset.options import ReadingOptions

    reading, context = ReadingOptions(data_dir=str(tmp_path / "d")), Listening()
    record = collected(decode(source, reading=reading, context=context))[-1]["dataset"]
    assert record["repeats"] == {"test_in_training": 6, "within_training": 1}
    assert context.warnings == [
        "6 of 7 test examples are in the training set, too, to the bit; figures on the test set "
        "are better than they would be on new ones"
    ]
