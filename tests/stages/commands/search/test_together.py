"""Values that go together in a combination only, and those that are measured in epochs."""

from __future__ import annotations

import pytest

from tests import sources

pytestmark = pytest.mark.whole

SMALL = "--source synthetic --synthetic-size 300 --hidden 8 --batch 30"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return sources.known_in(tmp_path_factory.mktemp("together"))


def test_a_flag_that_some_of_the_combinations_have_a_use_for(call, document):
    search = f"search optimizer=sgd,adam,adamw --beta2 0.99 --epochs 1 {SMALL}"
    assert len(document(f"{search} --dry-run")["trainings"]) == 3
    found = document(search)["trials"]
    (failed,) = [trial for trial in found if trial["failure"]]
    assert failed["parameters"] == {"optimizer": "sgd"}
    assert failed["failure"].startswith("--beta2: expected --optimizer adam or adamw")
    best = document(search)["best"]["optimizer"]
    run = f"run --optimizer {best} --beta2 0.99 --epochs 1 {SMALL}"
    assert "train" not in [s["name"] for s in document(run)["stages"] if s["status"] == "ran"]


def test_a_flag_that_none_has_a_use_for(call):
    for words in ("lr=0.1,0.2", "optimizer=sgd,rmsprop"):
        status, out, err = call(f"search {words} --beta2 0.99 {SMALL}")
        assert (status, out) == (2, "")
        assert err.startswith("error: --beta2: expected --optimizer adam or adamw")


def test_what_is_searched_and_measured_in_epochs_follows_the_rounds(call, document):
    search = f"search warmup=0,1,3 --epochs 4 --halving 2 {SMALL}"
    found = document(search)
    assert [trial["failure"] for trial in found["trials"]] == [None] * 3
    assert [trial["epochs"] for trial in found["trials"]] == [4, 4, 2]
    assert {trial["parameters"]["warmup"] for trial in found["trials"]} == {0.0, 1.0, 3.0}
    _, _, err = call(search)
    assert [line.endswith("cached") for line in err.splitlines() if line[:1] == "["] == [True] * 5
    # A round of two epochs is the training of two epochs with half of the warm-up.
    _, _, err = call(f"search warmup=0,0.5,1.5 --epochs 2 {SMALL}")
    assert [line.endswith("cached") for line in err.splitlines() if line[:1] == "["] == [True] * 3
