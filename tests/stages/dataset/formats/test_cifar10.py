"""CIFAR-10's layout: what is not in it is refused in one line that helps."""

from __future__ import annotations

import io
import tarfile
import tempfile

import pytest

from pipeline.errors import DataError, StorageError
from pipeline.store.files import Files
from stages.dataset.formats import layout
from tests.stages.datasets import RECORD, files, gz, records, tar, write
from tests.stages.decoding import NAMES, bytes_of, collect, refused, run


def test_what_is_no_dataset(tmp_path):
    path = tmp_path / "x.tar"
    hint = "use an archive or a folder in CIFAR-10's binary layout"
    others = ", of images in a folder for each class, or of arrays or a table"
    write(path, tar({"a.txt": b"", "\x1b[31m": b"", "b" * 90: b""}))
    assert refused(path) == (
        "x.tar: expected data_batch_1.bin … and test_batch.bin, found a.txt, '\\x1b[31m', "
        f"{'b' * 90}; {hint}{others}"
    )
    write(path, tar({str(i): b"" for i in range(11)}))
    assert "found 0, 1, 2, 3, 4, 5, 6, 7 and 3 more; use" in refused(path)
    write(path, bytes(1024))
    assert "expected an archive" in refused(path)
    write(path, gz(bytes(1024)))
    assert refused(path).endswith(f"found nothing; {hint}{others}")
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


def test_no_space_for_what_must_wait(tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda buffering: Full())
    path = write(tmp_path / "x.tar", tar(dict(reversed(files().items()))))
    with pytest.raises(StorageError, match=r"expected space for 9,219 bytes in the folder for tem"):
        run(path)
