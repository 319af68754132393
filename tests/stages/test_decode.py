"""Decode: any archive or folder gives its records in order, or a `DataError` that helps."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.context import Context
from pipeline.errors import DataError, StorageError
from pipeline.store.files import File, Files, identify
from stages.dataset.formats import kinds, layout
from stages.dataset.formats.known import WANTED
from stages.dataset.formats.layout import SHAPE_CLASSES, STANDARD_CLASSES, rank
from stages.dataset.sources.origin import OFFICIAL_SHA256
from stages.decode import dataset_name, decode
from tests.stages.datasets import RECORD, files, gz, records, tar, write

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


@settings(max_examples=40, deadline=None, derandomize=True)
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


@settings(max_examples=25, deadline=None, derandomize=True)
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


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_any_cut_or_mutation_gives_a_data_error_or_the_right_records(tmp_path_factory, data):
    packed = data.draw(st.booleans())
    content = bytearray(ARCHIVE if packed else PLAIN)
    headers = range(512) if not packed else range(len(content))
    for _ in range(data.draw(st.integers(0, 2))):
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


def test_what_is_no_dataset(tmp_path):
    path = tmp_path / "x.tar"
    hint = "use an archive or a folder in CIFAR-10's binary layout"
    write(path, tar({"a.txt": b"", "\x1b[31m": b"", "b" * 90: b""}))
    assert refused(path) == (
        "x.tar: expected data_batch_1.bin … and test_batch.bin, found a.txt, '\\x1b[31m', "
        f"{'b' * 90}; {hint}"
    )
    write(path, tar({str(i): b"" for i in range(11)}))
    assert "found 0, 1, 2, 3, 4, 5, 6, 7 and 3 more; use" in refused(path)
    write(path, bytes(1024))
    assert "expected an archive" in refused(path)
    write(path, gz(bytes(1024)))
    assert f"found nothing; {hint}" in refused(path)
    write(path, tar({"data_batch_1": b"", "test_batch": b"", "batches.meta": b""}))
    assert refused(path).endswith(
        "this is CIFAR-10's Python version, whose pickles may run code; use the binary version: "
        "--source cifar10"
    )
    content = files()
    del content["test_batch.bin"]
    write(path, tar(content))
    assert refused(path) == (
        f"x.tar: expected test_batch.bin, found data_batch_1.bin, data_batch_2.bin; {hint}"
    )
    (single,) = [write(tmp_path / "data_batch_1.bin", records(1))]
    assert refused(single).endswith(f"expected test_batch.bin, found data_batch_1.bin; {hint}")


def test_files_that_are_none_of_a_datasets_are_passed_over(tmp_path):
    paths = [write(tmp_path / name, data) for name, data in files().items()]
    other = write(tmp_path / "readme.html", b"<html>")
    assert bytes_of(*run(other, *paths)[:2]) == bytes_of(*run(*paths)[:2])
    with pytest.raises(
        DataError, match=r"expected data_batch_1\.bin … and test_batch\.bin, found no"
    ):
        run(other, other)
    with pytest.raises(DataError, match=r"the source: expected data_batch_1\.bin"):
        collect(Files(()))


def test_wrong_sizes(tmp_path):
    path, where = tmp_path / "x.tar", "x.tar: cifar-10-batches-bin/data_batch_2.bin: "
    write(path, tar(files() | {"data_batch_2.bin": bytes(1000)}))
    what = "expected a multiple of 3,073 bytes (records of 1 label and 3,072 pixels), found "
    hint = "; the file is cut or not in CIFAR-10's binary layout"
    assert refused(path) == f"{where}{what}1,000 bytes{hint}"
    write(path, tar(files() | {"data_batch_2.bin": b""}))
    assert refused(path) == f"{where}{what}an empty file{hint}"
    folder = [write(tmp_path / "f" / name, data) for name, data in files().items()]
    folder[0].write_bytes(bytes(10))
    with pytest.raises(DataError, match=r"f/data_batch_1.bin: expected a multiple of 3,073 bytes"):
        run(*folder)


def test_too_many_records(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "RECORDS", 8)
    path = write(tmp_path / "x.tar", tar(files(train=2, count=3)))
    assert refused(path) == (
        "x.tar: cifar-10-batches-bin/test_batch.bin: expected at most 8 records, found 9; "
        "use a smaller dataset"
    )


def test_a_label_above_nine(tmp_path, monkeypatch):
    monkeypatch.setattr("stages.dataset.formats.cifar10.BLOCK", 4)
    data = bytearray(records(10))
    data[7 * RECORD] = 200
    path = write(tmp_path / "x.tar", tar(files() | {"data_batch_2.bin": bytes(data)}))
    assert refused(path) == (
        "x.tar: cifar-10-batches-bin/data_batch_2.bin: expected labels from 0 to 9, found 200 in "
        "record 7 (the first is 0); the file is damaged or not in CIFAR-10's binary layout"
    )


def test_the_same_file_twice(tmp_path):
    content = {f"other/../{name}": data for name, data in files().items()} | files()
    path = write(tmp_path / "x.tar", tar(content))
    assert refused(path) == (
        "x.tar: cifar-10-batches-bin/data_batch_1.bin: expected one data_batch_1.bin in the "
        "archive, found two; use another archive"
    )


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
def test_a_link_or_device_in_place_of_a_file(tmp_path, kind):
    info = tarfile.TarInfo("/etc/../data_batch_2.bin")
    info.type, info.linkname = kind, "/etc/passwd"
    path = write(tmp_path / "x.tar", tar({"data_batch_1.bin": records(1), "link": info}))
    assert "data_batch_2.bin" in refused(path)
    assert "expected a file, found a link, a folder or the like" in refused(path)


def test_strange_names_around_a_dataset_do_no_harm(tmp_path):
    strange = ["/absolute/name", "../../up", "._data_batch_1.bin", "link", "x" * 300]
    content = {}
    for name in strange:
        content[name] = tarfile.TarInfo(name)
    content["link"].type, content["link"].linkname = tarfile.SYMTYPE, "/"
    path = write(tmp_path / "a" / "x.tar", tar(content | files()))
    assert run(path)[2]["train"] == 6
    assert [p.name for p in tmp_path.rglob("*")] == ["a", "x.tar"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"a\nb\n", "2: a, b"),
        (NAMES.replace(b"j", b"a"), "10: a, b, c, d, e, f, g, h, i, a"),
        (NAMES.replace(b"j", b"\x1b"), r"10: 'a, b, c, d, e, f, g, h, i, \x1b'"),
        (NAMES.replace(b"j", b"\xff"), "10: a, b, c, d, e, f, g, h, i, \ufffd"),
        (NAMES.replace(b"j", b"j" * 51), f"10: a, b, c, d, e, f, g, h, i, {'j' * 51}"),
        (b"x" * 4000, f"1: {'x' * 99}…"),
    ],
)
def test_class_names_that_are_none(tmp_path, text, found):
    path = write(tmp_path / "x.tar", tar({"batches.meta.txt": text} | files()))
    assert refused(path) == (
        "x.tar: cifar-10-batches-bin/batches.meta.txt: expected 10 different class names of at "
        f"most 50 characters, one a line, found {found}; correct the file or remove it"
    )


def test_too_many_bytes_of_class_names(tmp_path):
    path = write(tmp_path / "x.tar", tar({"batches.meta.txt": bytes(4097)} | files()))
    assert "expected at most 4,096 bytes of class names, found 4,097" in refused(path)


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


def test_a_size_that_only_the_header_claims(tmp_path):
    whole = tar({"data_batch_2.bin": bytes(RECORD * 1000)})
    for name in ("data_batch_2.bin", "data_batch_1.bin"):  # one waits, one does not
        data = whole.replace(b"data_batch_2.bin", name.encode())
        block = data[:148] + b" " * 8 + data[156:512]
        data = data[:148] + b"%06o\0 " % sum(block) + data[156:3000]
        assert refused(write(tmp_path / "x.tar", data)) == (
            f"x.tar: cifar-10-batches-bin/{name}: expected 3,073,000 bytes, found the end before; "
            "get it again"
        )


def test_no_room_for_what_must_wait(tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda buffering: Full())
    path = write(tmp_path / "x.tar", tar(dict(reversed(files().items()))))
    with pytest.raises(StorageError, match=r"expected room for 9,219 bytes in the folder for temp"):
        run(path)


def test_a_source_that_went_away(tmp_path):
    source = identify(write(tmp_path / "x.tar", PLAIN))
    (tmp_path / "x.tar").unlink()
    with pytest.raises(DataError, match=r"expected a readable file at .*x.tar: No such file"):
        collect(source)


def test_progress_counts_the_bytes_of_the_source(tmp_path):
    class Counting(Context):
        def progress(self, label, total=None, unit="rows"):
            self.told, self.done = (label, total, unit), 0
            return self

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            pass

        def advance(self, amount=1, note=""):
            self.done += amount

    context, source = Counting(), identify(write(tmp_path / "x.tar", ARCHIVE))
    collect(source, context)
    assert context.told == ("decode", len(ARCHIVE), "B")
    assert context.done == len(ARCHIVE)


def test_reading_an_archive_through(tmp_path):
    kinds.check_download(write(tmp_path / "x", ARCHIVE), "name")
    with pytest.raises(DataError, match=r"^name: the compressed bytes are cut or damaged"):
        kinds.check_download(write(tmp_path / "x", ARCHIVE[:-4]), "name")
    with pytest.raises(DataError, match=r"^name: expected an archive"):
        kinds.check_download(write(tmp_path / "x", b"<html>"), "name")
    assert gzip.decompress(ARCHIVE)[:4] == b"cifa"
