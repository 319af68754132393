"""Values that a file would give back as something else are refused before they are stored."""

import numpy as np
import pytest

from pipeline.errors import OutputError
from pipeline.store.outputs import check_value
from pipeline.store.payloads import encoded

OVERLAP = {"names": ["a", "b"], "formats": ["i4", "i2"], "offsets": [0, 0]}
DTYPES = [
    *([], "V0", OVERLAP, [(("title", "x"), "i1")], [("日", "i1")]),
    [(f"field{number}", "i1") for number in range(6_000)],
]


@pytest.mark.parametrize("dtype", DTYPES, ids=["none", "void", "overlap", "title", "name", "many"])
def test_dtypes_that_no_file_gives_back(dtype):
    array = np.zeros(2, dtype)
    with pytest.raises(OutputError, match="out"):
        check_value("out", array)
    with pytest.raises(OutputError, match="out"):
        encoded("out", {"part": array})


@pytest.mark.parametrize("name", ["a\0b", "a" * 70_000])
def test_names_of_arrays_that_no_archive_keeps(name):
    with pytest.raises(OutputError, match="out"):
        encoded("out", {name: np.ones(1)})


def test_integers_that_no_json_is_read_with():
    check_value("out", [10**4299])
    with pytest.raises(OutputError, match=r"4,300 digits, .*16610 bits at \[0\]"):
        check_value("out", [10**5000])
