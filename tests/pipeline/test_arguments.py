"""What `run` and `plan` are given is checked, and mistakes are spelled as Python spells things."""

import pytest

from pipeline import errors, plan, run
from pipeline.api import _reporter
from pipeline.arguments import in_python
from pipeline.names import in_words_of_python
from stages.cifar10 import PIPELINE
from tests.pipeline import shop

DASK = "the address of a Dask scheduler, tcp://HOST:PORT or tls://HOST:PORT"
TABLE = "from Python its values are arguments: give **tomllib.load(file), of its TOML file"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            {"executor": "threads"},
            "executor: expected one of serial, thread, process, dask, found 'threads'",
        ),
        ({"jobs": 0}, "jobs: expected a number of at least 1, found 0"),
        ({"keep_going": "no"}, "keep_going: expected True or False, found 'no'"),
        (
            {"cluster": "tcp://a:1", "executor": "thread"},
            "cluster: expected executor dask beside it, found thread",
        ),
        ({"cluster": 5}, f"cluster: expected {DASK}, found 5"),
        ({"tls": 5, "executor": "dask"}, "tls: expected names of files, found 5"),
        (
            {"tls": "a,b", "executor": "dask"},
            "tls: expected three PEM files, CA,CERT,KEY, found a,b",
        ),
        ({"store": None}, "store: expected a folder or a Store, found NoneType None"),
        ({"store": b"x"}, "store: expected a folder or a Store, found bytes b'x'"),
        ({"remote": 3}, "remote: expected an address as a text, found int 3"),
        (
            {"on_event": "x"},
            "on_event: expected a function, which is called with each event, found str 'x'",
        ),
        (
            {"targets": None},
            "targets: expected a list of names of stages, found None; give ['NAME']",
        ),
        ({"artifacts_dir": "x"}, "unknown parameter 'artifacts_dir'; did you mean store?"),
        ({"target": ["add"]}, "unknown parameter 'target'; did you mean targets?"),
        ({"recipe": "fast"}, f"unknown parameter 'recipe'; {TABLE}"),
        ({"--days": 2}, "unknown parameter '--days'; did you mean days?"),
    ],
)
def test_a_mistake_is_one_line_without_flags(tmp_path, given, line):
    with pytest.raises(errors.ConfigError) as caught:
        run(shop.SHOP, **{"store": tmp_path, **given})
    assert str(caught.value) == line


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"learning_rate": 0.1}, "unknown parameter 'learning_rate'; did you mean lr?"),
        ({"targets": ["fit"]}, "no stage is named 'fit'; did you mean 'train'?"),
        ({"n_workers": 2}, "unknown parameter 'n_workers'; did you mean workers?"),
        (
            {"components": 9, "whiten": "none"},
            "components 9: expected whiten pca or zca beside it, found whiten none; choose one of "
            "them, or components 0",
        ),
    ],
)
def test_what_others_call_a_parameter_or_a_stage_is_known(tmp_path, given, line):
    with pytest.raises(errors.ConfigError) as caught:
        plan(PIPELINE, store=tmp_path, **given)
    assert str(caught.value) == line


@pytest.mark.parametrize("given", [3, [], run])
def test_what_is_no_pipeline_is_refused(tmp_path, given):
    for function in (run, plan):
        with pytest.raises(errors.ConfigError, match="pipeline: expected a Pipeline, Pipeline"):
            function(given, store=tmp_path)


def test_a_plan_offers_no_argument_that_only_run_has(tmp_path):
    with pytest.raises(errors.ConfigError, match=r"unknown parameter 'executor'; known: days"):
        plan(shop.SHOP, store=tmp_path, executor="thread")


def test_flags_are_arguments_in_messages_and_what_else_looks_like_one_is_not():
    words = "--by 3: give --upto-now or --cluster-tls, not '--by', x--by, --byte or --"
    found = in_words_of_python(words, {"by", "upto_now", "tls"})
    assert found == "by 3: give upto_now or tls, not '--by', x--by, --byte or --"
    with pytest.raises(errors.StorageError, match="full with store"):
        with in_python(run, shop.SHOP):
            raise errors.StorageError("full with --artifacts-dir")


def test_a_warning_names_arguments_too():
    found = []
    reporter = _reporter(found.append, lambda words: words.replace("--", ""))
    reporter.warn("--jobs 9")
    assert found[-1].message == "jobs 9"
