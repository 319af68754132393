"""What a result was made with: named where it differs from here; states resume on that alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import Program, make_cli
from pipeline.store.numerics import made_differently, numeric_versions
from tests.imports import ROOT
from tests.pipeline.shop import SHOP
from tests.pipeline.store.results import KEY

KERNEL = numeric_versions()["blas"]
WORDS = f"made with the BLAS kernel {KERNEL}, here another: the last bits may differ"


@pytest.fixture
def elsewhere(monkeypatch):
    """From now on, on a processor for which BLAS takes another kernel."""
    here = {**numeric_versions(), "blas": "another"}
    return lambda: monkeypatch.setattr("pipeline.store.numerics.numeric_versions", lambda: here)


@pytest.mark.skipif("openblas" not in KERNEL, reason="BLAS is another library")
def test_the_kernel_is_named():
    code = "from pipeline.store.numerics import numeric_versions; print(numeric_versions()['blas'])"
    command, kernels = [sys.executable, "-c", code], {}
    for name in ("Prescott", "Haswell"):
        environment = {**os.environ, "OPENBLAS_CORETYPE": name}
        found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        kernels[name] = found.stdout.strip()
    assert kernels["Prescott"].startswith("openblas ")
    assert kernels["Prescott"] != kernels["Haswell"]


def test_the_kernel_is_known_where_numpy_was_deferred():
    code = "from pipeline.deferred import defer; defer('numpy'); "
    code += (
        "from pipeline.store.numerics import numeric_versions; print(numeric_versions()['blas'])"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert found.stdout.strip() == KERNEL


def test_a_training_resumes_only_on_the_same_kernel(store, elsewhere):
    store.states.save(KEY, {"weights": np.arange(3)}, {"step": 1})
    assert store.states.load(KEY)[1] == {"step": 1}
    assert store.states.why_none(KEY) is not None
    elsewhere()
    assert store.states.load(KEY) is None
    assert store.states.why_none(KEY) == f"was {WORDS.partition(':')[0]}"


def test_what_old_manifests_do_not_say_does_not_differ(elsewhere):
    elsewhere()
    assert made_differently({}) == made_differently({"versions": {"python": "3.1"}}) == []
    assert made_differently({"versions": ["3.1"]}) == made_differently({"versions": None}) == []


def test_explain_and_verify_name_it(tmp_path, monkeypatch, capsys, elsewhere):
    monkeypatch.chdir(tmp_path)
    cli = make_cli(Program(SHOP, "shop", "A shop.", "1"))

    def call(*arguments):
        assert run_cli(cli, arguments) == 0
        return capsys.readouterr().out

    call("run", "--quiet")
    assert "made with" not in call("explain", "choose") + call("verify")
    assert json.loads(call("verify", "--json"))["made_differently"] == {}
    elsewhere()
    assert call("explain", "choose").endswith(f"{WORDS}\n")
    assert json.loads(call("explain", "choose", "--json"))["made_differently"] == [WORDS]
    first, last = call("verify").splitlines()
    assert first == f"{len(SHOP.stages)} results {WORDS}"
    assert last.endswith("are whole")
    found = json.loads(call("verify", "--json"))
    assert found["made_differently"] == {WORDS: len(SHOP.stages)}
    assert found["damaged"] == {}
