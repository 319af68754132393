"""`doctor`: what there is, what works, what could be better."""

from __future__ import annotations

import copy
import json

import pytest

from pipeline.cli.doctor import ADVICE, WRONG, advice
from pipeline.cli.machine import facts
from pipeline.cli.main import run_cli
from pipeline.cli.program import Program, make_cli
from tests.pipeline import shop

EXTRAS = {"json": ("reports", "pip install json"), "no_such_module": ("nobody", "pip install it")}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return facts(tmp_path_factory.mktemp("store") / "artifacts", EXTRAS)


def test_the_facts_of_this_machine(found):
    machine, storage = found["machine"], found["storage"]
    assert 1 <= machine["usable_cores"] <= machine["cores"]
    assert storage["free"] > 0
    assert storage["writable"]
    assert storage["locks"]
    assert found["blas"]["gigaflops_of_a_core"] > 0
    assert found["versions"]["numpy"]
    assert found["extras"] == {"json": True, "no_such_module": False}
    json.dumps(found, allow_nan=False)


def test_the_page_and_the_document(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    group = make_cli(Program(shop.SHOP, "shop", "A shop.", "1.2.3", extras=EXTRAS))
    assert run_cli(group, ["doctor"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("program        shop 1.2.3\n")
    assert "advice: no_such_module is not installed: nobody need it (pip install it)" in out
    assert run_cli(group, ["doctor", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["program"] == "shop 1.2.3"
    assert {"kind", "words"} == set(document["advice"][0])
    assert not (tmp_path / "artifacts").exists()


@pytest.mark.parametrize(
    ("section", "changes", "kind", "words"),
    [
        ("storage", {"writable": False}, WRONG, "cannot be written: choose another with --artif"),
        ("storage", {"locks": False}, ADVICE, "has no locks: use it from one machine at a time"),
        ("storage", {"free": 5e8}, ADVICE, "500 MB free on the disk: gc --dry-run shows what can"),
        ("storage", {"fsync_seconds": 0.5}, ADVICE, "the disk takes long to write for good"),
        ("storage", {"shared_memory": False}, ADVICE, "processes can share no memory here"),
        ("storage", {"semaphores": False}, ADVICE, "no semaphores here"),
        ("machine", {"cores": 8, "usable_cores": 2}, ADVICE, "2 of 8 cores may be used"),
        ("machine", {"load": 50.0, "usable_cores": 2}, ADVICE, "others use the cores (load 50.0)"),
        ("machine", {"open_files": 64}, ADVICE, "at most 64 open files"),
        ("blas", {"library": "unknown"}, ADVICE, "NumPy's BLAS is unknown"),
        ("environment", {"OPENBLAS_CORETYPE": "Prescott"}, ADVICE, "OPENBLAS_CORETYPE overrules"),
    ],
)
def test_what_does_not_work_or_could_be_better(found, section, changes, kind, words):
    changed = copy.deepcopy(found)
    changed[section] |= changes
    reported = list(advice(changed, EXTRAS))
    assert any(k == kind and words in text for k, text in reported), reported


def test_what_does_not_work_is_status_1(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pipeline.cli.machine._writable", lambda folder: False)
    assert run_cli(make_cli(Program(shop.SHOP, "shop", "", "1")), ["doctor"]) == 1
    assert "wrong: artifacts cannot be written" in capsys.readouterr().out
