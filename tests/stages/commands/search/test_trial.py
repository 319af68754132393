"""What trials share, and what a shorter one looks like."""

from __future__ import annotations

import pytest

from pipeline.errors import ExecutorError, StorageError, WorkersDied
from pipeline.events.reporter import Reporter
from pipeline.executors.placement import Placement
from pipeline.planner import Planner
from pipeline.search.trials import completed
from pipeline.store.store import Store
from stages.cifar10 import PIPELINE
from stages.commands.search.trial import Result, Trials, result_of, shortened
from tests import sources

GIVEN = {"epochs": 20, "warmup": 4.0, "every": 8, "refine": 4, "lr": 0.1}


def planner(root, settings):
    return Planner(PIPELINE, settings, Store(root), sources.index())


def test_stages_are_shared_up_to_what_is_searched(tmp_path):
    settings = {name: parameter.default for name, parameter in PIPELINE.parameters.items()}
    trials = Trials(planner(tmp_path, settings))
    first = ["download", "decode"]
    features = ["preprocess", "split", "standardize", "whiten"]
    assert trials.shared({"lr", "batch"}) == first + features
    assert trials.shared({"components"}) == first + features[:3]
    assert trials.shared({"seed"}) == [*first, "preprocess"]
    assert trials.shared({"color"}) == [*first, "split"]


def test_a_part_of_the_epochs_has_the_whole_schedule():
    quarter = {"epochs": 5, "warmup": 1.0, "every": 2, "refine": 1, "lr": 0.1}
    assert shortened(PIPELINE.parameters, GIVEN, 0.25) == quarter
    assert shortened(PIPELINE.parameters, GIVEN, 1.0) == GIVEN
    least = {"epochs": 1, "warmup": 0.2, "every": 1, "refine": 0, "lr": 0.1}
    assert shortened(PIPELINE.parameters, GIVEN, 0.001) == least
    assert shortened(PIPELINE.parameters, GIVEN | {"epochs": 1}, 0.5) == GIVEN | {"epochs": 1}


def test_any_result_is_better_than_a_failure():
    assert Result(0.0, loss=1e300).rank > Result(failure="diverged").rank
    assert Result(0.5, 1.0).rank > Result(0.5, 1.1).rank > Result(0.4, 0.1).rank


def trained(tmp_path, **given):
    """What comes of one trial."""
    settings = {name: parameter.default for name, parameter in PIPELINE.parameters.items()}
    settings |= {"source": "synthetic", "synthetic_size": 50, "data_dir": str(tmp_path / "data")}
    tasks = {"one": planner(tmp_path / "artifacts", settings | given)}
    reporter = Reporter()
    ((_, outcome, error),) = completed(tasks, ["train"], Placement("serial"), lambda key: reporter)
    return result_of(outcome, error)


def test_what_befalls_every_training_is_raised(tmp_path):
    (tmp_path / "artifacts").write_text("")
    with pytest.raises(StorageError):
        trained(tmp_path)


def test_what_its_values_cannot_do_is_a_result(tmp_path):
    assert "--batch 1000: expected at most" in trained(tmp_path, batch=1000).failure


def test_one_that_ends_its_process_is_a_result_and_what_ends_them_all_is_not():
    assert result_of(None, WorkersDied("killed")).failure == "killed"
    with pytest.raises(ExecutorError):
        result_of(None, ExecutorError("the scheduler is lost"))
