"""The tree of exceptions is the one drawn in the module's docstring."""

import inspect
import re

import pytest

from pipeline import errors
from pipeline.errors import PipelineError, UserError

CLASSES = dict(inspect.getmembers(errors, inspect.isclass))


def drawn():
    """Each class in the drawing and the depth at which it stands."""
    tree = errors.__doc__.split("\n\n")[1]
    for line in tree.splitlines():
        yield re.search(r"\w+", line).group(), re.search(r"\w", line).start() // 4 - 1


def test_the_drawing_is_the_tree():
    above = [Exception]
    for name, depth in drawn():
        above[depth + 1 :] = [CLASSES[name]]
        assert CLASSES[name].__bases__ == (above[depth],)
    assert {name for name, _ in drawn()} == set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_each_says_what_it_means(name):
    assert issubclass(CLASSES[name], PipelineError)
    assert CLASSES[name].__doc__.endswith(".")
    assert str(CLASSES[name]("expected a, found b")) == "expected a, found b"


def test_what_a_user_can_mend():
    users = {name for name, each in CLASSES.items() if issubclass(each, UserError)}
    kinds = ("User", "Code", "Config", "Data", "Output", "Storage", "Executor")
    assert users == {*(f"{kind}Error" for kind in kinds), "WorkersDied"}
