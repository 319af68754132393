"""Predict: many files at once, one of them bad, and folders of them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
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
    assert "expected image files (.png, .jpg" in err
    assert err.endswith("in the folder, found none\n")
    (folder / "empty" / "cat").mkdir()
    err = call(f"predict --load {path} {folder / 'empty'}")[2]
    assert err.endswith(f"found none; for those in its folders name '{folder}/empty/*/*'\n")


def test_patterns_stand_for_the_files_that_fit(call, folder):
    path = save(folder / "model.json", model())
    for name in ("b.png", "a.png", "deep/c.png", "d[1].png"):
        (folder / name).parent.mkdir(exist_ok=True)
        write_png(folder / name, images(1)[0])
    for pattern, expected in (
        ("[ab].png", ["a.png", "b.png"]),
        ("**/c.*", ["deep/c.png"]),
        ("d[1].png", ["d[1].png"]),  # a file of that very name
        ("a.png ?.png", ["a.png", "b.png"]),  # each once
    ):
        words = " ".join(f"'{word}'" for word in pattern.split())
        found = json.loads(call(f"predict --load {path} --json {words}")[1])["predictions"]
        assert [one["image"] for one in found] == expected
    status, _, err = call(f"predict --load {path} '*.webp'")
    assert (status, err) == (
        2,
        "error: *.webp: expected files that fit the pattern, found none\n",
    )


def test_an_image_on_standard_input(call, folder, monkeypatch):
    path = save(folder / "model.json", model())
    write_png(folder / "a.png", images(1)[0])
    data = (folder / "a.png").read_bytes()
    for content, expected in ((data, 0), (b"", 2), (b"no image", 2)):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
        status, out, err = call(f"predict --load {path} --json -")
        assert status == expected
        if expected:
            assert "stdin: expected the" in err or "-: expected an image file" in err
        else:
            named = json.loads(call(f"predict --load {path} --json a.png")[1])["predictions"]
            assert json.loads(out)["predictions"] == [named[0] | {"image": "-"}]


def test_a_table_for_other_programs(call, folder):
    path = save(folder / "model.json", model())
    write_png(folder / "a, b.png", images(1)[0])
    _, out, _ = call(f"predict --load {path} --csv 'a, b.png'")
    (row,) = csv.DictReader(io.StringIO(out))
    (found,) = json.loads(call(f"predict --load {path} --json 'a, b.png'")[1])["predictions"]
    assert (row.pop("file"), row.pop("class")) == ("a, b.png", found["class"])
    assert {name: float(value) for name, value in row.items()} == pytest.approx(
        found["probabilities"], rel=1e-5
    )


def test_no_two_columns_of_it_have_the_same_name(call, folder):
    path = save(folder / "model.json", model(classes=("cat", "class", "file")))
    write_png(folder / "a.png", images(1)[0])
    _, out, _ = call(f"predict --load {path} --csv a.png")
    assert out.splitlines()[0] == "file,class,cat,p(class),p(file)"


def test_texts_that_a_model_of_a_table_does_not_know_are_reported(call, folder):
    columns = (
        {"name": "size", "kind": "number"},
        {"name": "color", "kind": "category", "values": ["blue", "true"]},
    )
    made = replace(model(shape=(1, 1, 3)), shape=(3,), columns=columns)
    path = save(folder / "model.json", made)
    (folder / "t.csv").write_text('size,color\n1,true\n2,True\n3,"a\x1b"\n')
    status, out, err = call(f"predict --load {path} --json t.csv")
    found = json.loads(out)["predictions"]
    assert (status, [one.get("unknown") for one in found]) == (0, [None, ["color"], ["color"]])
    assert err == (
        "warning: 2 of 3 rows have texts that the model was not trained on, which count as none; "
        "the first is t.csv:3, in column color\n"
    )


def test_a_table_with_missing_values_is_not_sent_to_flags_of_training(call, folder):
    made = replace(
        model(shape=(1, 1, 3)),
        shape=(3,),
        columns=tuple({"name": n, "kind": "number"} for n in "abc"),
    )
    path = save(folder / "model.json", made)
    (folder / "t.csv").write_text("a,b,c\n1,2,3\n1,,3\n")
    status, _, err = call(f"predict --load {path} t.csv")
    assert status == 2
    assert err.endswith("found none in column b in line 3; fill them in, leave the rows out\n")


def test_hidden_files_in_a_folder_are_passed_over(call, folder):
    path = save(folder / "model.json", model())
    for name in ("a.png", "._a.png"):
        write_png(folder / name, images(1)[0])
    found = json.loads(call(f"predict --load {path} --json {folder}")[1])["predictions"]
    assert [one["image"].rpartition("/")[2] for one in found] == ["a.png"]


def test_standard_input_has_an_end(call, folder, monkeypatch):
    path = save(folder / "model.json", model())
    monkeypatch.setattr("stages.commands.named_files.MOST", 3)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"four")))
    status, _, err = call(f"predict --load {path} -")
    assert (status, err) == (2, "error: stdin: expected at most 3 bytes, found more; name a file\n")


def test_arrays_of_images_and_of_rows(call, folder):
    made, pixels = model(shape=(3, 4, 5)), images(3, (3, 4, 5))
    path, expected = save(folder / "model.json", made), made.probabilities(pixels).tolist()
    np.save(folder / "x.npy", pixels.transpose(0, 2, 3, 1))
    np.savez(folder / "set.npz", x=pixels / 255, y=np.arange(3))
    for name in ("x.npy", "set.npz"):
        found = json.loads(call(f"predict --load {path} --json {name}")[1])["predictions"]
        assert [one["image"] for one in found] == [f"{name}[{n}]" for n in range(3)]
        assert [list(one["probabilities"].values()) for one in found] == expected
    columns = tuple({"name": name, "kind": "number"} for name in "abc")
    made = replace(model(shape=(1, 1, 3)), shape=(3,), columns=columns)
    path, rows = save(folder / "table.json", made), np.eye(4, 3)
    np.save(folder / "rows.npy", rows)
    found = json.loads(call(f"predict --load {path} --json rows.npy")[1])["predictions"]
    expected = made.probabilities(rows).tolist()
    assert [list(one["probabilities"].values()) for one in found] == expected
    texts = ({"name": "a", "kind": "category", "values": ["x", "y", "z"]},)
    path = save(folder / "texts.json", replace(made, columns=texts))
    status, _, err = call(f"predict --load {path} rows.npy")
    assert status == 2
    assert "expected a table (CSV, Parquet), for the model reads texts in column a, found" in err


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"a": np.eye(3), "b": np.eye(3)}, "expected one array, or one of them named x, images"),
        ({}, "found none; rename the one to predict"),
        ({"x": np.ones((2, 32, 32), np.uint8)}, "found none above 1, nearly black; bring them"),
        ({"x": np.full((2, 32, 32), 16)}, "found none above 16, nearly black; bring them"),
        ({"x": np.ones((2, 3, 8, 8))}, "error: bad.npz: expected images (n, 3, 2, 3), as"),
        ({"x": np.ones((2, 3))}, "found rows (n, 3); bring them to this form, a lone one as x[num"),
    ],
)
def test_arrays_that_cannot_be_predicted(call, folder, arrays, words):
    path = save(folder / "model.json", model())
    np.savez(folder / "bad.npz", **arrays)
    status, out, err = call(f"predict --load {path} bad.npz")
    assert (status, out) == (2, "")
    assert words in err
