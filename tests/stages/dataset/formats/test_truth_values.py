"""Truth values in tables are the same texts, whatever wrote them."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.store.files import identify
from stages.dataset.formats.rows import Batch
from stages.dataset.formats.table import encode
from stages.dataset.forms import unlike
from tests.stages import datasets
from tests.stages.examples import decoded

BIG = np.arange(20) % 4 > 1
KINDS = np.where(BIG, "x", "y")


def csv(texts) -> bytes:
    rows = (f"{text},{kind}\n" for text, kind in zip(texts, KINDS, strict=True))
    return ("big,kind\n" + "".join(rows)).encode()


@pytest.mark.parametrize("write", [str, lambda one: str(one).upper(), lambda one: str(one).lower()])
def test_a_column_of_them_is_one_of_false_and_true(tmp_path, write):
    source = identify(datasets.write(tmp_path / "t.csv", csv([write(bool(one)) for one in BIG])))
    features, labels, record = decoded(source, label="kind")
    assert record["columns"] == [{"name": "big", "kind": "category", "values": ["false", "true"]}]
    assert (features[:, 1] == (labels == 0)).all()
    assert (features.sum(axis=1) == 1).all()


def test_those_of_parquet_are_the_same(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"big": BIG, "kind": KINDS}), tmp_path / "t.parquet")
    text = identify(datasets.write(tmp_path / "t.csv", csv(map(str, BIG))))
    found = decoded(identify(tmp_path / "t.parquet"), label="kind")
    expected = decoded(text, label="kind")
    assert found[2]["columns"] == expected[2]["columns"]
    assert all((a == b).all() for a, b in zip(found[:2], expected[:2], strict=True))


@pytest.mark.parametrize("values", [["false", "true"], ["False", "True"], ["FALSE", "true"]])
@pytest.mark.parametrize("cells", [[False, True], ["False", "TRUE"], list(np.array([False, True]))])
def test_a_model_knows_them_however_they_are_written(values, cells):
    columns = [{"name": "big", "kind": "category", "values": values}]
    assert encode(Batch(range(2), {"big": cells}), columns, "t").tolist() == [[1, 0], [0, 1]]
    plain = [{"name": "big", "kind": "category", "values": ["false", "true"]}]
    assert unlike({"columns": plain}, columns, (2,)) is None


def test_other_texts_keep_their_letters():
    columns = [{"name": "big", "kind": "category", "values": ["True", "maybe"]}]
    assert encode(Batch(range(2), {"big": ["true", True]}), columns, "t").tolist() == [
        [0, 0],
        [1, 0],
    ]
