"""Tables that would be easily misread: what is taken for what, and what is said of it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.context import Context
from pipeline.errors import ConfigError, DataError
from pipeline.store.files import identify
from stages.dataset.formats.dropped import drop_flag, names_in
from stages.dataset.options import ReadingOptions
from stages.decode import decode
from tests.stages import datasets
from tests.stages.examples import collected, decoded


def test_columns_of_other_types_may_be_left_out(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    day = pa.array([1, 2, 3, 4], pa.date32())
    pq.write_table(pa.table({"day": day, "a": [1, 2, 3, 4], "kind": [*"ynyn"]}), tmp_path / "t")
    source = identify(tmp_path / "t")
    assert decoded(source, label="kind", drop="day")[0].shape == (4, 1)
    with pytest.raises(DataError, match=r"column day: expected numbers or texts, found date32"):
        decoded(source, label="kind")


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (("007", "7"), ["007", "7"]),
        (("1_0", "10"), ["10", "1_0"]),
        (("10", "9"), ["9", "10"]),
        (("-1", "1.0"), ["-1", "1"]),
        (("9007199254740993", "9007199254740992"), ["9007199254740992", "9007199254740993"]),
        (("10", "x"), ["10", "x"]),
    ],
)
def test_labels_that_are_written_in_two_ways_are_two_classes(tmp_path, labels, classes):
    rows = "".join(f"{n},{labels[n % 2]}\n" for n in range(6))
    source = identify(datasets.write(tmp_path / "t.csv", f"a,kind\n{rows}".encode()))
    assert decoded(source, label="kind")[2]["classes"] == classes


class Listening(Context):
    def __init__(self):
        self.warnings = []

    def warn(self, message):
        self.warnings.append(message)


@pytest.mark.parametrize(
    "cells", [["1,5", "2,5"], ["1", "2", "oops"], ["5%", "7%"], ["−1", "−2"], ["x", "1"]]
)
def test_a_column_that_is_almost_numbers_is_reported(tmp_path, cells):
    rows = "".join(f"{cells[n % len(cells)]};{'xy'[n % 2]}\n" for n in range(12))
    source = identify(datasets.write(tmp_path / "t.csv", f"a;kind\n{rows}".encode()))
    context = Listening()
    collected(decode(source, reading=ReadingOptions(label="kind"), context=context))
    said = [text for text in context.warnings if "column a: taken as a category of" in text]
    assert len(said) == (cells[0] != "x")


@pytest.mark.parametrize(("first", "step", "lost"), [(1.7e9, 1, 1), (1.7e9, 1000, 0), (5, 0, 0)])
def test_numbers_that_float32_hardly_tells_apart_are_reported(tmp_path, first, step, lost):
    numbers = first + step * np.arange(40.0)
    rows = "".join(f"{number!r},{'xy'[n % 2]}\n" for n, number in enumerate(numbers.tolist()))
    datasets.write(tmp_path / "t.csv", f"a,kind\n{rows}".encode())
    np.savez(tmp_path / "t.npz", X=numbers[:, None], y=np.arange(40) % 2)
    for name, label in (("t.csv", "kind"), ("t.npz", "")):
        context = Listening()
        source = identify(tmp_path / name)
        collected(decode(source, reading=ReadingOptions(label=label), context=context))
        assert sum("nearly the same as float32" in text for text in context.warnings) == lost


def test_the_index_of_a_dataframe_is_no_feature(tmp_path):
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame({"a": [1.0, 2, 3, 4, 5], "kind": [*"ynyny"]}).iloc[[4, 1, 2, 3, 0]]
    table.to_parquet(tmp_path / "t.parquet")
    source, index = identify(tmp_path / "t.parquet"), "__index_level_0__"
    assert decoded(source, label="kind", drop=index)[0].shape == (5, 1)
    with pytest.raises(DataError, match=f"column {index}: .* found the index of a DataFrame;"):
        decoded(source, label="kind")


def test_the_label_is_not_left_out(tmp_path):
    source = identify(datasets.write(tmp_path / "t.csv", b"a,b,kind\n1,2,x\n2,3,y\n" * 3))
    with pytest.raises(ConfigError, match="--drop kind: expected columns beside that of --label"):
        decoded(source, label="kind", drop="a,kind")


def test_names_with_commas_and_spaces_may_be_left_out(tmp_path):
    rows = "".join(f"{n},text {n},{'xy'[n % 2]}\n" for n in range(3000))
    content = f'"a, or b","my ""text""",kind\n{rows}'.encode()
    source = identify(datasets.write(tmp_path / "t.csv", content))
    with pytest.raises(DataError, match=r"leave the column out with --drop '.my ..text...'$"):
        decoded(source, label="kind")
    dropped = '"my ""text"""'
    assert decoded(source, label="kind", drop=dropped)[2]["columns"][0]["name"] == "a, or b"
    assert names_in(f'{dropped}, "a, or b",') == ['my "text"', "a, or b"]
    assert drop_flag("day") == "--drop day"
    assert drop_flag("a day") == "--drop 'a day'"


def test_what_is_no_list_of_names(tmp_path):
    source = identify(datasets.write(tmp_path / "t.csv", b"a,kind\n1,x\n2,y\n"))
    with pytest.raises(ConfigError, match="--drop: expected names of columns, separated by comma"):
        decoded(source, label="kind", drop="a" * 200_000)


def test_a_column_of_parquet_with_space_around_its_name_can_be_left_out(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    table = {" my day ": [1, 2, 3, 4], "a": [1, 2, 3, 4], "kind": ["x", "y"] * 2}
    pq.write_table(pa.table(table), tmp_path / "t.parquet")
    found = decoded(identify(tmp_path / "t.parquet"), label="kind", drop=" my day ")[2]
    assert [column["name"] for column in found["columns"]] == ["a"]
