"""What is wrong with a folder of images is said in one line."""

from __future__ import annotations

import io
import os
import tarfile

import pytest

from pipeline.errors import UserError
from pipeline.store.files import identify
from stages.dataset.sources.resolve import resolve_source
from tests.stages import datasets
from tests.stages.examples import (
    decoded,
    pictures,
    write_all,
)


def refusal(source, **options) -> str:
    with pytest.raises(UserError) as caught:
        decoded(source, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


FOLDERS = [
    ({"cat/a.png": b""}, "expected 2 to 10,000 classes, found 1 (cat)"),
    ({"in/cat/a.png": b"", "in/dog/a.png": b""}, "found one, in, with cat, dog in it; give"),
    ({"in/cat/a.png": b"", "in/b.png": b""}, "found one, in, with b.png, cat in it; give"),
    ({"in/train/cat/a.png": b""}, "found one, in, with train in it; give that folder"),
    ({"cat/a.png": b"", "b.png": b""}, "expected a folder for each class, as in cat/1.png or trai"),
    ({"cat/a.png": b"", "dog/notes.txt": b""}, "in every folder, found none in dog; remove what i"),
    ({"a\nb/a.png": b"", "dog/b.png": b""}, "expected class names of 1 to 100 printable character"),
    ({"x" * 101 + "/a.png": b"", "dog/b.png": b""}, "expected class names of 1 to 100 printable"),
    ({"train/cat/a.png": b"", "train/dog/b.png": b"", "test/cow/c.png": b""},
     "expected test images of classes that train has, found cow; give train that folder, too, or"),
    ({"train/cat/a.png": b"", "train/dog/b.png": b"", "val/cat/c.png": b""},
     "in the folders train and test, found val beside them; move or rename what is not a class"),
    ({"train/cat/a.png": b"", "train/dog/b.png": b"", "test/c.png": b""},  # as Kaggle has it
     "found test, train with the image test/c.png in no class; move images into folders of cla"),
    ({"Training/cat/a.png": b"", "Test/cat/b.png": b""},
     "expected train/CLASS/IMAGE and test/CLASS/IMAGE, or a folder for each class, found Test, Tr"),
    ({"notes.txt": b""}, "expected images in folders by class, the files of a dataset (of CIFAR's"),
    ({"t.csv": b""}, "found t.csv; name the file itself: --source "),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message"), FOLDERS)
def test_folders(of, content, message):
    assert message in of("f", content)


def test_too_many_images(of, monkeypatch):
    monkeypatch.setattr("stages.dataset.sources.folder.MOST", 3)
    assert of("f", pictures(count=2)) == "f: expected at most 3 images, found more"


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


def test_images_of_kinds_that_cannot_be_read_are_not_passed_over(of):
    text = of("f", pictures(count=5) | {"cat/x.HEIC": b"\0\0\0\x18ftypheic" + bytes(99)})
    assert "found none in 1 of 11 files: cat/x.HEIC (expected an image file (PNG, JPEG" in text


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
    (folder / "cat" / "gone.png").unlink()
    (folder / "cow").symlink_to(folder / "disk that is not there")  # not a class that is left out
    assert "f/cow: expected a folder or a file that can be read: No such file" in of("f", {})
    (folder / "cow").unlink()
    (folder / "notes.txt").symlink_to(__file__)  # a file of another kind is passed over
    assert len(decoded(folder_files(folder, tmp_path), data_dir=str(tmp_path / "d"))[0]) == 4


def folder_files(folder, tmp_path):
    data_dir = str(tmp_path / "d")
    options = {"sha256": None, "synthetic_size": 50, "data_dir": data_dir}
    return resolve_source(source=str(folder), **options)["source"]


@pytest.mark.parametrize("change", ["another", "gone", "memory"])
def test_what_passes_is_no_reason_to_leave_an_image_out(tmp_path, monkeypatch, change):
    folder = write_all(tmp_path / "f", pictures(count=3))
    found = folder_files(folder, tmp_path)
    if change == "another":
        (folder / "cat" / "0.png").write_bytes(pictures()["dog/0.png"])
    elif change == "gone":
        (folder / "cat" / "0.png").unlink()
    else:
        monkeypatch.setattr("PIL.Image.Image.resize", none_left)
    text = refusal(found, skip_bad=True, data_dir=str(tmp_path / "d"))
    assert "f: expected images as they were when they were listed, found cat/" in text


def none_left(*_, **__):
    raise MemoryError


def test_a_link_in_an_archive_is_no_image_that_is_left_out(of):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, data in pictures(count=2).items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        member = tarfile.TarInfo("cat/9.png")
        member.type, member.linkname = tarfile.LNKTYPE, "cat/0.png"
        tar.addfile(member)
    text = of("p.tar", archive.getvalue(), skip_bad=True)
    assert text.startswith("p.tar: cat/9.png: expected an image file, found a link, a folder or th")


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
