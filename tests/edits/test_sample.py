"""A sample of the edits in the everyday suite; `make edits` runs all."""

import pytest

from tests.edits.edits import load_cases, verdict

SAMPLE = (
    "closure over a dataclass",
    "setattr on a module",
    "a file appears in a folder that was globbed",
    "an earlier stage fills lru_cache",
)


@pytest.mark.parametrize("name", SAMPLE)
def test_an_edit_is_right(name):
    case = next(case for case in load_cases() if case["name"] == name)
    assert verdict(case) == ("right", "")
