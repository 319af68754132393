"""What is sent to other processes is found there, and is what was meant, or it is refused."""

from __future__ import annotations

import pytest

from pipeline import Pipeline, run
from pipeline.errors import CodeError
from tests.pipeline import named
from tests.pipeline.backends.conftest import on


def test_functions_that_are_stages_under_another_name(tmp_path):
    found = run(Pipeline(named.doubled, named.again), store=tmp_path, executor="process", jobs=2)
    assert (list(found["doubled"]), list(found["again"])) == ([2, 4, 6], [8, 10, 12])


@pytest.mark.parametrize("lost", [named.FIRST[0], named.inside(3)], ids=["renamed", "closure"])
def test_a_stage_that_other_processes_would_not_find(tmp_path, apart, lost):
    """Under the name of the first they would find the second, and store what that makes."""
    words = f"stage {lost.name}: expected a name for it in tests.pipeline.named, by which other"
    with pytest.raises(CodeError, match=words):
        run(Pipeline(lost), store=tmp_path / "store", executor="process", jobs=2)
    with pytest.raises(CodeError, match=words):
        on(apart, Pipeline(lost), tmp_path / "other")
    found = run(Pipeline(lost), store=tmp_path / "store", executor="thread")
    assert list(found[lost.outputs[0]]) == [lost(1), lost(2), lost(3)]
