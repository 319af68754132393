"""Overflow: a row that is at fault is named, with its column; a model at fault is, too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.errors import DataError
from stages.modelfile.overflow import RowOverflow
from tests.stages.models import images, model, save

COLUMNS = (
    {"name": "color", "kind": "category", "values": ["blue", "red"]},
    {"name": "size", "kind": "number"},
)
ROWS = np.array([[1, 0, 3], [0, 1, 3e38], [1, 0, 2]], np.float32)


def table(standardized: bool = False):
    made = replace(model(shape=(1, 1, 3), standardized=standardized), shape=(3,), columns=COLUMNS)
    for tensors in made.network.tensors():
        tensors["weights"][...] *= 50
    return made


def broken():
    made = table()
    for tensors in made.network.tensors():
        tensors["weights"][...] = 1e38
    return made


@pytest.mark.parametrize("standardized", [False, True])
def test_a_row_at_fault_is_named(standardized):
    with pytest.raises(
        RowOverflow, match=r"found 3e\+38 in column size, .* \(row 1, the first is"
    ) as e:
        table(standardized).probabilities(ROWS)
    assert e.value.row == 1
    assert np.isfinite(table(standardized).probabilities(ROWS[::2])).all()


def test_a_model_at_fault_is_named():
    with pytest.raises(DataError, match="parameters are too large; train it again"):
        broken().probabilities(ROWS[::2])
    made = model(hidden=(4, 4))
    for tensors in made.network.tensors():
        tensors["weights"][...] = 1e38
    with pytest.raises(DataError, match="parameters are too large; train it again"):
        made.probabilities(images())


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_its_line_is_named_in_a_file(call, folder):
    path = save(folder / "m.json", table())
    (folder / "t.csv").write_text("size,color\n3,blue\n3e38,red\n")
    status, out, err = call(f"predict --load {path} t.csv")
    assert (status, out) == (2, "")
    assert err == (
        "error: t.csv:3: expected numbers like those that the model was trained on, found 3e+38 in "
        "column size, with which its outputs overflow; correct it, or leave the row out\n"
    )
    numbers = tuple({"name": name, "kind": "number"} for name in "abc")
    path = save(folder / "n.json", replace(table(), columns=numbers))
    np.save(folder / "x.npy", ROWS)
    assert "error: x.npy[1]: expected numbers" in call(f"predict --load {path} x.npy")[2]


def test_a_table_without_rows_has_nothing_to_predict(call, folder):
    path = save(folder / "m.json", table())
    (folder / "t.csv").write_text("size,color\n")
    assert call(f"predict --load {path} t.csv") == (
        2,
        "",
        "error: t.csv: expected rows below the names of the columns, found none to predict\n",
    )
