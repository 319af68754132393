"""What travels to a worker of Dask's: packed, so that nobody between needs the stages' modules."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from pipeline import Pipeline, run
from pipeline.backends import dask_worker
from pipeline.backends.cluster import Cluster
from pipeline.backends.parcels import Failed
from pipeline.errors import ExecutorError
from tests.pipeline.backends.processes import Farm

pytestmark = pytest.mark.whole

pytest.importorskip("distributed")
THEIRS = '''
from pipeline import stage

@stage(outputs=("doubled",), over={"number": [1, 2, 3]})
def double(number: int) -> int:
    """Twice."""
    return 2 * number
'''


def test_a_scheduler_needs_no_module_of_the_stages(tmp_path, monkeypatch):
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "theirs.py").write_text(THEIRS)
    monkeypatch.syspath_prepend(folder)
    with Farm(tmp_path / "farm") as farm:
        farm.add("one", folder)
        theirs = __import__("theirs")
        try:
            found = run(Pipeline(theirs.double), store=tmp_path / "store", cluster=farm.address)
        finally:
            del sys.modules["theirs"]
    assert list(found["doubled"]) == [2, 4, 6]


@pytest.mark.parametrize("module", ["__main__", "no_such_module"])
def test_stages_that_a_worker_does_not_find_are_one_line(tmp_path, module):
    packed = b"c%s\ndouble\n." % module.encode()  # how pickle names what lies in a module
    answer = dask_worker._carry_out(packed, str(tmp_path), None, "tcp://one")
    assert isinstance(answer, Failed)
    words = "worker tcp://one: expected to find the stages that it is sent, found: "
    assert str(answer.error).startswith(words)
    assert module in str(answer.error)


def test_a_scheduler_without_this_package_is_one_line():
    error = RuntimeError("Error during deserialization of the task graph. This frequently occurs")
    cluster = SimpleNamespace(address="tcp://head:8786", _closed=False, _without_workers=False)
    found = Cluster.error(cluster, error)
    assert isinstance(found, ExecutorError)
    assert "expected this package where its scheduler runs, too" in str(found)
