"""Thousands of image files: on all cores, again only what changed, in bounded memory."""

from __future__ import annotations

import os
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.context import Context
from pipeline.errors import DataError
from stages.dataset.formats import decoding, images
from stages.dataset.formats.images import read_image
from stages.dataset.formats.listing import read_listing
from stages.dataset.options import ReadingOptions
from stages.dataset.sources.folder import list_folder
from stages.decode import decode
from tests.stages import examples
from tests.stages.examples import collected, decoded, write_all


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_all(tmp_path / "f", examples.pictures(count=10))


@pytest.fixture
def listed(folder, tmp_path):
    return lambda: list_folder(folder, tmp_path / "d")


@pytest.fixture
def counted(monkeypatch) -> list[bytes]:
    """The files that are decoded, in this process."""
    found: list[bytes] = []
    real = images.decode_image
    monkeypatch.setattr(
        images, "decode_image", lambda data, shape: (found.append(data), real(data, shape))[1]
    )
    return found


def test_pixels_are_those_of_each_file(folder, listed, tmp_path):
    found, labels, record = decoded(listed(), data_dir=str(tmp_path / "d"))
    assert found.shape == (20, 3, 32, 32)
    assert record["classes"] == ["cat", "dog"]
    assert np.bincount(labels[: record["train"]]).tolist() == [8, 8]
    expected = {
        read_image(path, (3, 32, 32)).tobytes(): index
        for index, name in enumerate(record["classes"])
        for path in (folder / name).iterdir()
    }
    assert [expected[image.tobytes()] for image in found] == labels.tolist()


def test_processes_find_the_same(listed, tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "CHUNK", 3)
    one = decoded(listed(), data_dir=str(tmp_path / "one"))
    monkeypatch.setattr(decoding, "FEW", 0)
    monkeypatch.setattr(decoding, "default_workers", lambda: 2)
    two = decoded(listed(), data_dir=str(tmp_path / "two"))
    assert all((a == b).all() for a, b in zip(one[:2], two[:2], strict=True))


def test_only_what_changed_is_decoded_again(folder, listed, tmp_path, counted):
    options = {"data_dir": str(tmp_path / "d")}
    first = decoded(listed(), **options)
    assert len(counted) == 20
    counted.clear()
    again = decoded(listed(), **options)
    assert (again[0] == first[0]).all()
    assert counted == []
    new = examples.picture(99)
    (folder / "cat" / "new.png").write_bytes(new)
    (folder / "cat" / "0.png").rename(folder / "cat" / "zzz.png")
    found = decoded(listed(), **options)
    assert counted == [new]
    assert len(found[0]) == 21
    decoded(listed(), size=8, **options)
    assert len(counted) == 22


def test_damaged_packs_count_as_never_written(listed, tmp_path, counted):
    options = {"data_dir": str(tmp_path / "d")}
    first = decoded(listed(), **options)
    (pack,) = (tmp_path / "d" / "decoded").rglob("*.pack")
    data = bytearray(pack.read_bytes())
    data[-1] ^= 1
    for wrong in (bytes(data), data[:-5], b"", b"{}\n", b"[" * 5000 + b"\n"):
        pack.write_bytes(wrong)
        counted.clear()
        assert (decoded(listed(), **options)[0] == first[0]).all()
        assert len(counted) == 20


def test_a_listing_depends_on_names_and_content_alone(folder, listed, tmp_path):
    first = listed()
    assert read_listing(first.files[0].path)[0].readlink() == folder
    moved = folder.rename(tmp_path / "elsewhere")
    os.utime(moved / "cat" / "0.png", (1, 1))
    assert list_folder(moved, tmp_path / "d") == first
    assert read_listing(first.files[0].path)[0].readlink() == moved
    (moved / "cat" / ".hidden.png").write_bytes(b"")
    (moved / "cat" / "notes.txt").write_bytes(b"")
    assert list_folder(moved, tmp_path / "d") == first
    (moved / "dog" / "0.png").write_bytes(examples.picture(1))
    assert list_folder(moved, tmp_path / "d") != first


def test_files_at_rest_are_hashed_once(folder, listed, monkeypatch):
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 10**10)
    first = listed()
    monkeypatch.setattr("stages.dataset.sources.folder._hash_all", None)
    assert listed() == first


def test_bad_files_are_left_out_when_asked(folder, listed, tmp_path):
    class Listening(Context):
        words = ""

        def warn(self, message):
            self.words = message

    (folder / "cat" / "bad.png").write_bytes(b"no image")
    reading = ReadingOptions(skip_bad=True, data_dir=str(tmp_path / "d"))
    context = Listening()
    *blocks, end = collected(decode(listed(), reading=reading, context=context))
    record = end["dataset"]
    assert sum(len(block["labels"]) for block in blocks) == 20 == record["train"] + record["test"]
    assert record["skipped"] == ["cat/bad.png"]
    assert "left out because they cannot be read, 1 of 21 files: cat/bad.png (" in context.words


@pytest.mark.long
def test_memory_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "CHUNK_BYTES", 1 << 18)
    image = examples.picture(50, (300, 300))
    for number in range(60):
        own = tmp_path / "f" / "ab"[number % 2] / f"{number}.png"
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_bytes(image + bytes(number))
    source = list_folder(tmp_path / "f", tmp_path / "d")
    reading = ReadingOptions(size=256, data_dir=str(tmp_path / "d"))
    tracemalloc.start()
    for _ in decode(source, reading=reading):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 28e6  # of 60 × 196 kB decoded, a pack of 16 MB waits; the sum is 12 MB


MODES = {
    "1": 255, "L": 200, "LA": (200, 255), "P": 3, "RGB": (9, 9, 200), "RGBA": (0, 0, 0, 0),
    "I;16": 40_000, "CMYK": (0, 0, 0, 0),
}  # fmt: skip


def test_modes_of_images(tmp_path):
    levels = {"1": 255, "L": 200, "LA": 200, "RGBA": 255, "I;16": round(40_000 / 257), "CMYK": 255}
    for name, color in MODES.items():
        kind = "jpg" if name == "CMYK" else "png"
        path = tmp_path / "f" / f"class {name.replace(';', ' ')}" / f"1.{kind}"
        path.parent.mkdir(parents=True)
        Image.new(name, (40, 30), color).save(path)
        (path.parent / f"2.{kind}").write_bytes(path.read_bytes())
    found, labels, record = decoded(
        list_folder(tmp_path / "f", tmp_path / "d"), data_dir=str(tmp_path / "d")
    )
    for name, level in levels.items():
        own = found[labels == record["classes"].index(f"class {name.replace(';', ' ')}")]
        assert (abs(own.astype(int) - level) <= 1).all(), name


def test_a_photo_is_turned_as_its_metadata_say(tmp_path):
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:20] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    Image.fromarray(pixels).save(tmp_path / "a.jpg", exif=exif)
    found = read_image(tmp_path / "a.jpg", (3, 4, 4))
    assert found[:, 0].max() < 20
    assert found[:, 3].min() > 235
    gray = read_image(tmp_path / "a.jpg", (1, 4, 4))
    assert gray.shape == (1, 4, 4)


def test_the_folder_of_a_listing_that_is_gone(folder, listed, tmp_path):
    source = listed()
    place = source.files[0].path.with_name("folder")
    place.unlink()
    place.symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"when they were listed, found cat/0.png \(No such"):
        decoded(source, data_dir=str(tmp_path / "d"))
