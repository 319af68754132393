"""Names that others rely on: what may be imported, what `run` and `--json` give."""

from __future__ import annotations

import inspect
import re
import tomllib

import pipeline
from pipeline import run
from stages import neuralnet
from tests.end_to_end.conftest import QUICK, SMALL
from tests.imports import ROOT
from tests.pipeline.shop import SHOP

PUBLIC = """ACTIVATIONS INITIALIZERS OPTIMIZERS SCHEDULES SGD Augmentation Averaged Diverged Inputs
Network OneBlasThread Scores Totals Trainer exponential make_optimizer make_schedule mirrored"""
TRAINER = """network optimizer features labels batch rows order seed inputs augment smoothing clip
weights workers executor"""


def test_what_is_imported():
    from pipeline import Option, Pipeline, run, stage  # noqa: F401
    from pipeline.graph import Pipeline as Same
    from pipeline.stage import Option as Equal
    from pipeline.stage import stage as decorator

    assert (Same, Equal, decorator) == (pipeline.Pipeline, pipeline.Option, pipeline.stage)


def test_what_a_run_returns(tmp_path):
    first, again = (run(SHOP, store=tmp_path / "store", days=3) for _ in range(2))
    assert first["total"] == again["total"]
    for result, status, reason in ((first, "ran", "never run before"), (again, "cached", "up to")):
        for one in result.stages:
            assert (one.name in ("collect", "choose", "add"), one.status) == (True, status)
            assert one.reason.startswith(reason)


def test_fields_of_json(document):
    found = document("run", *QUICK, "--tta")
    assert all({"name", "status", "seconds", "reason"} <= one.keys() for one in found["stages"])
    assert {"accuracy", "per_class"} <= found["test"].keys()
    assert "accuracy" in found["test"]["tta"]
    assert "mirrored" not in found["test"]
    assert found["model"].endswith("model.json")
    assert len(found["epoch_seconds"]) == 2
    (trial,) = document("search", "lr=0.02", *SMALL, "--epochs", "1")["trials"]
    assert {"parameters", "accuracy", "loss"} <= trial.keys()


def test_the_lower_bound_of_a_dependency_comes_first():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    for one in (*project["dependencies"], *extras):
        assert re.match(r"[A-Za-z0-9_.-]+(\[[a-z,]+\])?>=[0-9]", one), one


def test_the_public_names_of_the_library_and_its_signatures():
    assert {*PUBLIC.split()} <= {*neuralnet.__all__}
    assert {*TRAINER.split()} <= {*inspect.signature(neuralnet.Trainer).parameters}
    assert [*inspect.signature(neuralnet.Trainer.run).parameters][1:] == [
        *("epoch", "start", "stop", "lr"),
    ]
