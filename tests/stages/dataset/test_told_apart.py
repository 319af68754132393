"""What lies side by side is told apart: scales of pixels, tables and images, what macOS adds."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.context import Context
from pipeline.errors import DataError
from pipeline.store.files import identify
from stages.dataset.formats.kinds import kind_of
from stages.dataset.options import ReadingOptions
from stages.dataset.sources.resolve import resolve_source
from stages.decode import decode
from tests.stages import datasets
from tests.stages.examples import collected, decoded, npz, pictures, write_all, zipped

PIXELS = np.random.default_rng(0).integers(0, 250, (20, 4, 6))
KINDS = np.arange(20) % 2


class Listening(Context):
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def of_pairs(tmp_path, train, test):
    content = npz(x_train=train, y_train=KINDS, x_test=test, y_test=KINDS)
    return identify(datasets.write(tmp_path / "a.npz", content))


@pytest.mark.parametrize("white", [1, 255, 65_535])
def test_bytes_beside_another_type_keep_their_own_white(tmp_path, white):
    scaled = PIXELS / 255 if white == 1 else (PIXELS * (white // 255)).astype(np.uint16)
    for pair in ((scaled, PIXELS.astype(np.uint8)), (PIXELS.astype(np.uint8), scaled)):
        images, _, _ = decoded(of_pairs(tmp_path, *pair))
        assert (images[:20] == images[20:]).all()
        assert images.max() == PIXELS.max()


@pytest.mark.parametrize("turned", [False, True])
def test_two_scales_are_refused(tmp_path, turned):
    pair = (PIXELS / 255, PIXELS.astype(float))
    source = of_pairs(tmp_path, *(pair[::-1] if turned else pair))
    name = "x_test" if turned else "x_train"
    with pytest.raises(DataError, match=rf"a\.npz: {name}: expected pixels of one scale in train"):
        decoded(source)


@pytest.mark.parametrize(("most", "warned"), [(1, True), (16, True), (31, True), (60, False)])
def test_bytes_that_are_nearly_black_are_reported(tmp_path, most, warned):
    dark = (PIXELS % (most + 1)).astype(np.uint8)
    context = Listening()
    source = identify(datasets.write(tmp_path / "a.npz", npz(X=dark, y=KINDS)))
    collected(decode(source, reading=ReadingOptions(), context=context))
    black = [text for text in context.warnings if f"no pixel is above {most}, where white" in text]
    assert len(black) == warned


PACKS = {"zip": zipped, "tar": datasets.tar}


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", ["labels.csv", "X.npy", "all.npz"])
def test_images_by_class_with_other_files_beside_them_are_images(tmp_path, pack, first, name):
    other = {name: b"file,kind\n1.png,cat\n"}
    content = other | pictures() if first else pictures() | other
    packed = identify(datasets.write(tmp_path / "a", pack(content)))
    assert kind_of(packed) == "images"
    folder = write_all(tmp_path / "f", content)
    options = {"sha256": None, "synthetic_size": 50, "data_dir": str(tmp_path / "d")}
    if name == "X.npy":  # may be meant, and can be named by itself
        with pytest.raises(DataError, match=r"found both, X\.npy and images in cat, dog; move"):
            resolve_source(source=str(folder), **options)
    else:
        listed = resolve_source(source=str(folder), **options)["source"]
        assert kind_of(listed) == "images"


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ("t.csv X.npy y.npy a/plot.png", "arrays"),
        ("all.npz t.csv", "table"),
        ("all.npz", "arrays"),  # whose reader says what is missing
    ],
)
def test_what_else_an_archive_may_be(tmp_path, pack, names, kind):
    content = dict.fromkeys(names.split(), b"")
    assert kind_of(identify(datasets.write(tmp_path / "a", pack(content)))) == kind


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_a_table_with_a_picture_beside_it_is_a_table(tmp_path, pack):
    content = {"data/table.csv": b"a,b\n1,2\n", "data/logo.png": b"", "__MACOSX/x/._logo.png": b""}
    assert kind_of(identify(datasets.write(tmp_path / "a", pack(content)))) == "table"


def test_what_macos_adds_to_an_archive_is_no_class(tmp_path):
    folder = write_all(tmp_path / "f", pictures() | {"__MACOSX/cat/._0.png": b"x"})
    options = {"sha256": None, "synthetic_size": 50, "data_dir": str(tmp_path / "d")}
    source = resolve_source(source=str(folder), **options)["source"]
    assert decoded(source, data_dir=str(tmp_path / "d"))[2]["classes"] == ["cat", "dog"]


def test_the_row_of_a_class_that_training_lacks_is_one_of_the_test_examples(tmp_path):
    pixels = PIXELS.astype(np.uint8)
    content = npz(x_train=pixels, y_train=KINDS, x_test=pixels, y_test=KINDS + (np.arange(20) == 3))
    with pytest.raises(DataError, match=r"training has, found 2 in row 3 of them \(the first is 0"):
        decoded(identify(datasets.write(tmp_path / "a.npz", content)))
