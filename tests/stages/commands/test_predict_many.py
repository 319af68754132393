"""Predict: many files at once, one of them bad, and folders of them."""

from __future__ import annotations

import json

import pytest

from stages.dataset.formats.images import write_png
from tests.stages.models import images, model, save


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_one_bad_image_spoils_no_other(call, folder):
    path = save(folder / "model.json", model())
    for name in ("a.png", "c.png"):
        write_png(folder / name, images(1)[0])
    (folder / "b.png").write_bytes(b"no image")
    (folder / "notes.txt").write_text("not looked at")
    names = [folder / name for name in ("a.png", "b.png", "c.png")]
    status, out, err = call(f"predict --load {path} {' '.join(map(str, names))}")
    assert status == 2
    assert [line.split()[0] for line in out.splitlines()] == [str(names[0]), str(names[2])]
    warning, error = err.splitlines()
    assert warning.startswith(f"warning: {names[1]}: expected an image file (PNG, JPEG")
    assert "image file the file" not in warning
    assert error == (
        "error: predict: expected 3 files that can be read, found 1 that cannot; the others are "
        "done"
    )
    status, out, _ = call(f"predict --load {path} --json {folder}")  # a folder of them
    found = json.loads(out)["predictions"]
    assert [one["image"].rpartition("/")[2] for one in found] == ["a.png", "b.png", "c.png"]
    assert ["error" in one for one in found] == [False, True, False]


def test_a_folder_without_images_is_reported(call, folder):
    path = save(folder / "model.json", model())
    (folder / "empty").mkdir()
    status, _, err = call(f"predict --load {path} {folder / 'empty'}")
    assert status == 2
    assert "expected image files (.avif, .bmp" in err
    assert err.endswith("in the folder, found none\n")
