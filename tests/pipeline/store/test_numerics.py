"""What a result was made with: named where it differs from here; states resume on that alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from types import SimpleNamespace

import numpy as np
import pytest
import threadpoolctl

from pipeline.cli.main import run_cli
from pipeline.cli.program import Program, make_cli
from pipeline.events.reporter import Reporter
from pipeline.run_context import RunContext
from pipeline.store.key import Key
from pipeline.store.manifest import read_manifest
from pipeline.store.numerics import made_differently, numba_version, numeric_versions
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


@pytest.mark.skipif("openblas" not in KERNEL, reason="BLAS is another library")
def test_a_blas_that_numpy_does_not_call_is_not_named(monkeypatch):
    """SciPy's wheels bring one: a state resumes whether that is loaded, too, or not."""
    other = {"user_api": "blas", "internal_api": "mkl", "filepath": "/opt/scipy.libs/libmkl.so"}
    both = [*threadpoolctl.threadpool_info(), other]
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: both)
    assert numeric_versions.__wrapped__()["blas"] == KERNEL


def test_where_numpy_calls_the_blas_of_the_system_that_is_named(monkeypatch):
    one = {"user_api": "blas", "internal_api": "blis", "filepath": "/usr/lib/libblis.so"}
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: [one])
    assert numeric_versions.__wrapped__()["blas"] == "blis"


def test_a_training_resumes_only_on_the_same_kernel(store, elsewhere):
    store.states.save(KEY, {"weights": np.arange(3)}, {"step": 1})
    assert store.states.load(KEY)[1] == {"step": 1}
    assert store.states.why_none(KEY) is not None
    elsewhere()
    assert store.states.load(KEY) is None
    assert store.states.why_none(KEY) == f"was {WORDS.partition(':')[0]}"


def test_a_library_that_a_stage_computes_with_is_named_beside_numpy(store, monkeypatch):
    """Only where the stage said so, and its states resume on the same alone."""
    numba = "0.61.0, llvmlite 0.44.0"
    monkeypatch.setattr("pipeline.store.numerics.numba_version", lambda: numba)
    plain, other = Key("shop", "1" * 64), Key("shop", "2" * 64)
    for key, libraries in ((plain, ()), (other, ("numba",))):
        with store.write(key, {"stage": "shop"}) as writer:
            context = RunContext(store, key, Reporter(), writer, None)
            for library in libraries:
                context.made_with(library)
            context.save_state({"weights": np.arange(3)}, {"step": 1})
    versions = [store.manifest(key)["versions"] for key in (plain, other)]
    assert versions == [
        numeric_versions(),
        {**numeric_versions(), "numba": numba},
    ]
    assert [made_differently(store.manifest(key)) for key in (plain, other)] == [[], []]
    assert store.states.load(other) is not None
    monkeypatch.setattr("pipeline.store.numerics.numba_version", lambda: "none")
    assert store.states.load(plain) is not None
    assert store.states.load(other) is None
    words = f"made with numba {numba}, here none: the last bits may differ"
    assert made_differently(store.manifest(plain)) == []
    assert made_differently(store.manifest(other)) == [words]
    assert store.states.why_none(other) == f"was {words.partition(':')[0]}"


def test_numba_is_named_with_what_makes_other_code_of_it(monkeypatch):
    version = pytest.importorskip("numba", reason="needs numba (extra: compiled)").__version__
    found = {}
    for level in (None, "0"):
        if level:
            monkeypatch.setenv("NUMBA_OPT", level)
        found[level] = numba_version.__wrapped__()
    assert found[None].startswith(f"{version}, llvmlite ")
    assert found["0"] == f"{found[None]}, NUMBA_OPT=0"


@pytest.mark.parametrize("missing", ["numba", "llvmlite.binding"])
def test_what_is_not_here_is_none(missing, monkeypatch):
    def version(name):
        if name == missing:
            raise metadata.PackageNotFoundError(name)
        return "1"

    binding = SimpleNamespace(get_host_cpu_name=lambda: "z80", get_host_cpu_features=unknown)
    there = {"llvmlite.binding": None if missing == "llvmlite.binding" else binding}
    monkeypatch.setitem(sys.modules, "llvmlite", SimpleNamespace(__path__=[]))
    monkeypatch.setitem(sys.modules, "llvmlite.binding", there["llvmlite.binding"])
    monkeypatch.setattr(metadata, "version", version)
    assert numba_version.__wrapped__() == "none"
    monkeypatch.setitem(sys.modules, "llvmlite.binding", binding)
    monkeypatch.setattr(metadata, "version", lambda name: "1")
    assert numba_version.__wrapped__() == "1, llvmlite 1, z80 e3b0c442"


def unknown():
    raise RuntimeError("what this processor can do is not known")


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


def test_so_is_one_that_an_item_of_a_group_was_computed_with(store):
    with store.groups.write("shop", "3" * 64, {"stage": "shop"}) as group:
        for number, library in enumerate(("numpy", "numba")):
            item = group.item()
            RunContext(store, KEY, Reporter(), item, None).made_with(library)
            item.put("price", number)
            group.add(f"{number}" * 64, {}, item)
    folder = store.groups.place("shop", "3" * 64) / group.name
    assert read_manifest(folder)["versions"]["numba"] == numba_version()
