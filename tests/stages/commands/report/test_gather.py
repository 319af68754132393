"""Gather: what the page shows of the values that a command was given."""

from __future__ import annotations

import pytest

from pipeline.settings import Setting
from pipeline.store.store import Store
from stages.cifar10 import PIPELINE, PROGRAM
from stages.commands.report.gather import gather
from stages.commands.report.trail import chosen


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("gather")


@pytest.mark.parametrize(
    ("label", "shown"),
    [("kind", "kind"), ("http://me:hush@host/y.npy", "http://host/y.npy")],
)
def test_labels_at_a_url_are_shown_without_secrets(call, document, folder, label, shown):
    table = "a,kind\n" + "".join(f"{n},{'xy'[n % 2]}\n" for n in range(20))
    (folder / "t.csv").write_text(table)
    status, _, err = call("run --source t.csv --label kind --hidden 2 --epochs 1 --batch 4")
    assert status == 0, err
    (run,) = document("runs")["runs"]
    (trail,) = chosen(Store(folder / "artifacts"), PIPELINE, [run["run"]])
    settings = {
        name: Setting(parameter.default, "default")
        for name, parameter in PIPELINE.parameters.items()
    }
    found = gather(PROGRAM, trail, settings | {"label": Setting(label, "flag")})
    (text,) = [one.text for one in found.settings if one.flag == "--label"]
    assert text == shown
