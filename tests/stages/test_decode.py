"""Decode: any archive or folder gives its records in order, or a `DataError` that helps."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.context import Context
from pipeline.errors import DataError
from pipeline.store.files import File, Files, identify
from stages.dataset.formats import kinds
from stages.dataset.formats.known import WANTED
from stages.dataset.formats.layout import SHAPE_CLASSES, STANDARD_CLASSES, rank
from stages.dataset.sources.origin import OFFICIAL_SHA256
from stages.decode import dataset_name, decode
from tests.stages.datasets import files, gz, records, tar, write
from tests.stages.decoding import NAMES, bytes_of, collect, refused, run


@pytest.mark.parametrize("pack", [bytes, gz, bz2.compress, lzma.compress])
def test_an_archive_gives_its_records(tmp_path, pack):
    content = files(train=3, count=5)
    path = write(tmp_path / "x", pack(tar(content | {"readme.html": b"<html>"})))
    images, labels, dataset = run(path)
    assert bytes_of(images, labels) == b"".join(content.values())
    assert dataset == {
        "name": f"cifar10-like-{identify(path).files[0].sha256[:8]}",
        "classes": list(STANDARD_CLASSES),
        "train": 15,
        "test": 5,
        "repeats": {"test_in_training": 0, "within_training": 0},
    }


def test_a_folder_gives_the_same_records(tmp_path):
    content = files(train=11, count=2)
    archive = write(tmp_path / "x.tar", tar(content))
    paths = [write(tmp_path / "folder" / name, data) for name, data in content.items()]
    images, labels, dataset = run(*reversed(paths))
    assert bytes_of(images, labels) == bytes_of(*run(archive)[:2]) == b"".join(content.values())
    assert dataset["name"].startswith("cifar10-like-")


@given(st.permutations(range(9)), st.booleans())
def test_any_order_in_the_archive_gives_the_same_order(tmp_path_factory, order, packed):
    names = ["data_batch_1.bin", "data_batch_2.bin", "data_batch_10.bin", "data_batch_01.bin"]
    names += ["data_batch_a.bin", "data_batch_b2.bin", "data_batch_b10.bin", "test_batch.bin"]
    content = {name: records(1 + seed % 2, seed) for seed, name in enumerate(names)}
    content["batches.meta.txt"] = NAMES
    shuffled = {name: content[name] for name in (list(content)[i] for i in order)}
    data = tar(shuffled)
    path = write(tmp_path_factory.mktemp("x") / "x", gz(data) if packed else data)
    images, labels, dataset = run(path)
    del content["batches.meta.txt"]
    assert bytes_of(images, labels) == b"".join(content.values())
    assert dataset["classes"] == list("abcdefghij")
    assert sorted(shuffled.keys() - {"batches.meta.txt"}, key=rank) == names


@given(st.lists(st.integers(1, 40), min_size=1, max_size=4), st.integers(1, 40), st.integers(1, 50))
def test_any_number_of_records(tmp_path_factory, train, test, block):
    content = {f"data_batch_{i + 1}.bin": records(n, i) for i, n in enumerate(train)}
    content["test_batch.bin"] = records(test, 99)
    path = write(tmp_path_factory.mktemp("x") / "x", tar(content))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("stages.dataset.formats.cifar10.BLOCK", block)
        images, labels, dataset = run(path)
    assert bytes_of(images, labels) == b"".join(content.values())
    assert (dataset["train"], dataset["test"]) == (sum(train), test)


ARCHIVE = gz(tar(files(train=2, count=2) | {"batches.meta.txt": NAMES}))
PLAIN = tar(files(train=2, count=2))
RIGHT = b"".join(files(train=2, count=2).values())


@given(st.data())
def test_any_cut_or_mutation_gives_a_data_error_or_the_right_records(tmp_path_factory, data):
    packed = data.draw(st.booleans())
    content = bytearray(ARCHIVE if packed else PLAIN)
    headers = range(512) if not packed else range(len(content))
    # Two flips in a header can leave its sum as it was, and another name is no damage.
    for _ in range(data.draw(st.integers(0, 2 if packed else 1))):
        content[data.draw(st.sampled_from(headers))] ^= 1 << data.draw(st.integers(0, 7))
    cut = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    path = write(tmp_path_factory.mktemp("x") / "x", bytes(content[:cut]))
    try:
        images, labels, _ = run(path)
    except DataError:
        return
    assert bytes_of(images, labels) == RIGHT


def test_what_is_no_archive(tmp_path):
    path = tmp_path / "x.gz"
    what = f"x.gz: expected {WANTED}, found "
    hint = "; check where it comes from and get it again"
    write(path, b"")
    assert refused(path) == f"{what}an empty file{hint}"
    write(path, b"\n <!DOCTYPE html><html>Not found</html>")
    assert refused(path) == f"{what}a web page (HTML or XML){hint}"
    write(path, b"\1\2" + bytes(2000))
    assert refused(path) == f"{what}bytes that begin 01 02 00 00{hint}"
    write(path, b"PK\3\4" + bytes(2000))
    assert refused(path) == (
        "x.gz: expected a zip archive that can be read, found none (File is not a zip file); get "
        "it again"
    )
    write(path, gz(b"no tar" * 200))
    assert refused(path) == (
        "x.gz: expected a whole tar archive, with the header of a member at byte 512, "
        "found one whose checksum does not fit; get the archive again"
    )
    write(path, ARCHIVE[:-1])
    assert refused(path) == (
        "x.gz: the compressed bytes are cut or damaged (they end too early); get the archive again"
    )


def test_the_name_follows_from_the_content(tmp_path):
    def named(classes, *digests):
        return dataset_name(Files(tuple(File(Path("/x"), 1, d) for d in digests)), list(classes))

    assert named(STANDARD_CLASSES, OFFICIAL_SHA256) == "cifar10"
    assert named(SHAPE_CLASSES, "0" * 64) == named(SHAPE_CLASSES, "1" * 64, "2" * 64) == "synthetic"
    assert named(STANDARD_CLASSES, "a1b2c3d4" + "0" * 56) == "cifar10-like-a1b2c3d4"
    assert named("abcdefghij", "a1b2c3d4" + "0" * 56) == "custom-a1b2c3d4"
    assert named("abcdefghij", "0" * 64, "1" * 64) != named("abcdefghij", "0" * 64, "2" * 64)


def test_the_names_of_the_classes_may_end_as_the_official_ones_do(tmp_path):
    text = "\r\n".join(STANDARD_CLASSES).encode() + b"\n\n"
    path = write(tmp_path / "x.tar", tar({"batches.meta.txt": text} | files()))
    assert run(path)[2]["classes"] == list(STANDARD_CLASSES)
    path = write(tmp_path / "y.tar", tar({"batches.meta.txt": b"\xef\xbb\xbf" + text} | files()))
    assert run(path)[2]["classes"] == list(STANDARD_CLASSES), "a BOM is no part of a name"


@pytest.mark.long
def test_memory_is_bounded(tmp_path):
    content = dict(reversed(files(train=3, count=2500).items()))  # all but one must wait
    path = write(tmp_path / "x.tar.gz", gz(tar(content)))
    source = identify(path)
    tracemalloc.start()
    try:
        count = sum(len(block["labels"]) for block in decode(source))
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    assert count == 10_000


def test_a_source_that_went_away(tmp_path):
    source = identify(write(tmp_path / "x.tar", PLAIN))
    (tmp_path / "x.tar").unlink()
    with pytest.raises(DataError, match=r"expected a readable file at .*x.tar: No such file"):
        collect(source)


def test_progress_counts_the_bytes_of_the_source(tmp_path):
    class Counting(Context):
        def progress(self, label, total=None, unit="rows"):
            self.reported, self.done = (label, total, unit), 0
            return self

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            pass

        def advance(self, amount=1, note=""):
            self.done += amount

    context, source = Counting(), identify(write(tmp_path / "x.tar", ARCHIVE))
    collect(source, context)
    assert context.reported == ("decode", len(ARCHIVE), "B")
    assert context.done == len(ARCHIVE)


def test_reading_an_archive_through(tmp_path):
    kinds.check_download(write(tmp_path / "x", ARCHIVE), "name")
    with pytest.raises(DataError, match=r"^name: the compressed bytes are cut or damaged"):
        kinds.check_download(write(tmp_path / "x", ARCHIVE[:-4]), "name")
    with pytest.raises(DataError, match=r"^name: expected an archive"):
        kinds.check_download(write(tmp_path / "x", b"<html>"), "name")
    assert gzip.decompress(ARCHIVE)[:4] == b"cifa"
