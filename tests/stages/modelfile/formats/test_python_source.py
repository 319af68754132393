"""python: a program that needs NumPy alone, and answers as the model does."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stages.modelfile.formats import python_source
from stages.modelfile.model import Model
from tests.stages.modelfile.formats.agreement import SHAPE, VARIANTS, expect_agreement, images
from tests.stages.models import CLASSES, model

PICTURES = images(20)


def exported(made: Model) -> str:
    file = io.BytesIO()
    python_source.write(made, file)
    return file.getvalue().decode()


def load(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "model"}
    exec(compile(text, "model.py", "exec"), names)
    return names


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_the_program_agrees(variant):
    made = model(shape=SHAPE, **variant)
    program = load(exported(made))
    expect_agreement(made, images(), program["probabilities"](images()))
    assert program["predict"](PICTURES).tolist() == made.predict(PICTURES).tolist()
    assert program["probabilities"](PICTURES[:0]).shape == (0, 3)


def test_it_holds_nothing_that_the_model_does_not_do():
    text = exported(model())
    for word in ("whitening", "mirror", "member", "norm", "gelu", "contrast", "np.rint"):
        assert word not in text
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "import" in text
    imports = [line for line in text.splitlines() if line.startswith(("import", "from"))]
    assert imports == ["import base64", "import sys", "import numpy as np"]


@pytest.mark.parametrize(
    "names",
    [("cat",), ("a\"b'c", "\\", '"""'), ("«SHAPE»", "猫", "{x}"), ("x" * 100, "y" * 100)],
)
def test_class_names_are_texts_whatever_they_look_like(names):
    assert load(exported(model(classes=names)))["CLASSES"] == names


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("program") / "model.py"
    path.write_text(exported(model(shape=SHAPE)), "utf-8")
    np.save(path.with_name("photos.npy"), PICTURES)
    np.save(path.with_name("floats.npy"), PICTURES / 255)
    return path


def call(program: Path, *names: str) -> tuple[int, str, str]:
    command = [sys.executable, program.name, *names]
    found = subprocess.run(command, cwd=program.parent, capture_output=True, text=True)
    return found.returncode, found.stdout, found.stderr


def test_on_the_command_line(program):
    status, out, err = call(program, "photos.npy")
    assert (status, err) == (0, "")
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[:2] for row in rows] == [
        [f"photos.npy[{n}]", name]
        for n, name in enumerate(model(shape=SHAPE).predict(PICTURES))
    ]  # fmt: skip
    assert all(1 / len(CLASSES) < float(row[2]) <= 1 for row in rows)


def test_an_image_file(program):
    Image = pytest.importorskip("PIL.Image")
    Image.fromarray(PICTURES[5].transpose(1, 2, 0)).save(program.with_name("a.png"))
    status, out, _ = call(program, "a.png")
    assert status == 0
    assert out.split("\t")[:2] == ["a.png", model(shape=SHAPE).predict(PICTURES[5:6])[0]]


@pytest.mark.long
def test_mistakes_are_one_line(program):
    for names, words in (
        ((), "usage: python model.py ARRAY.npy or IMAGE …"),
        (("none.npy",), "none.npy: [Errno 2] No such file"),
        (("floats.npy",), "floats.npy: images: expected uint8 (n, 3, 6, 5), found float64 (20, "),
        (("model.py",), "model.py: cannot identify image file"),
    ):
        status, out, err = call(program, *names)
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert err.startswith(words)
