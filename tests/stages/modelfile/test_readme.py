"""The README beside the code: its commands work, and so do its programs."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from stages import modelfile
from stages.cifar10 import PROGRAM
from stages.commands.add import add_to
from stages.modelfile.reader import read_model
from tests.stages.modelfile.formats.agreement import SHAPE, VARIANTS, expect_agreement, images
from tests.stages.modelfile.test_versions import EXPECTED, IMAGES, fixture
from tests.stages.models import model, save

TEXT = (Path(modelfile.__file__).parent / "README.md").read_text("utf-8")
COMMANDS = re.findall(r"^\$ pipeline (.*)$", TEXT, re.MULTILINE)
USE, RUNTIME = re.findall(r"```py\n(.*?)```", TEXT, re.DOTALL)
(READER,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.long
def test_the_commands_and_the_programs_work(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    made = model(shape=(3, 32, 32), hidden=(2,), classes=tuple(f"kind {n}" for n in range(10)))
    save(tmp_path / "model.json", made)
    group = add_to(make_cli(PROGRAM), PROGRAM)
    assert len(COMMANDS) == 6
    for name, value in {"SOURCE": "synthetic", "SYNTHETIC_SIZE": "100"}.items():
        monkeypatch.setenv(f"PIPELINE_{name}", value)
    for command in COMMANDS:
        assert run_cli(group, shlex.split(command)) == 0, capsys.readouterr().err
    again = read_model(tmp_path / "again.json")
    assert (again.network.parameters == made.network.parameters).all()
    pytest.importorskip("onnxruntime")
    for program in (USE, RUNTIME):
        capsys.readouterr()
        exec(compile(program, "README.md", "exec"), {"__name__": "readme"})
        black = made.predict(np.zeros((2, 3, 32, 32), np.uint8)).tolist()
        out = capsys.readouterr().out
        assert all(name in out for name in black)


def reader() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(READER, "README.md", "exec"), names)
    return names


def test_the_reader_is_short():
    lines = [line for line in READER.splitlines() if line.strip()]
    assert max(map(len, lines)) <= 100
    activations = lines.index("}") - lines.index("F = {") + 2
    assert len(lines) - activations <= 45


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_the_reader_agrees(variant):
    made = model(shape=SHAPE, **variant)
    document = json.loads(json.dumps(made.to_document()))
    found = reader()["probabilities"](images(), document)
    expect_agreement(made, images(), found.astype(made.network.dtype))


@pytest.mark.parametrize("version", [1, 2, 3, 5])
def test_the_reader_reads_every_version(version):
    found = reader()["probabilities"](IMAGES, json.loads(fixture(version).read_text()))
    np.testing.assert_allclose(found, EXPECTED["probabilities"][str(version)], rtol=1e-5)
