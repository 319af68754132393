"""Values with a serializer: bytes, dicts of arrays, DataFrames, and those of a program's own."""

from __future__ import annotations

import io
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline import Pipeline, errors, plan, run, stage
from pipeline.store import serializers, tables
from pipeline.store.key import Key
from pipeline.store.payloads import decoded, encoded
from pipeline.store.serializers import Serializer, register_serializer
from tests.pipeline.formats import FRACTIONS

KEY = Key("make", "a" * 64)


ARRAYS = hnp.arrays(
    st.sampled_from([np.float32, np.int8, np.bool_, "<U3", "datetime64[s]"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
VALUES = st.one_of(
    st.binary(),
    ARRAYS,
    st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="\0")), ARRAYS,
                    min_size=1, max_size=3),
    st.fractions(max_denominator=12),
    st.lists(st.integers()),
)  # fmt: skip


@given(VALUES)
def test_payloads_come_back_as_they_were(value):
    record, data = encoded("out", value)
    back = decoded(record, memoryview(data))
    assert type(back) is type(value)
    for one, other in (
        ((back, value),)
        if not isinstance(value, dict)
        else zip(back.values(), value.values(), strict=True)
    ):
        if isinstance(one, np.ndarray):
            assert (one.dtype, one.shape) == (other.dtype, other.shape)
            assert one.tobytes() == other.tobytes()
        else:
            assert one == other
    assert encoded("out", value)[0] == record


def with_attributes(frame):
    frame.attrs["pair"] = (1, 2)
    return frame


TIMES = pd.date_range("2020", periods=2, freq="D")
FRAME = {"x": [1, 2], "y": ["a", None], "z": [0.5, float("nan")]}


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(FRAME),
        pd.DataFrame(FRAME, index=pd.Index(["p", "q"], name="who")),
        pd.DataFrame({"when": pd.to_datetime(["2020-01-01"], utc=True)}),
        pl.DataFrame(FRAME),
        pl.DataFrame({"c": pl.Series(["a"], dtype=pl.Categorical), "l": [[1, 2]]}),
    ],
    ids=["pandas", "index", "times", "polars", "polars types"],
)
def test_data_frames_are_parquet(put, frame):
    back, record, _ = put(frame)
    assert type(back) is type(frame)
    assert back.equals(frame)
    assert (record["file"], record["serializer"]) == (
        "out.parquet",
        type(frame).__module__.partition(".")[0],
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (with_attributes(pd.DataFrame({"a": [1]})), "attrs that do not come back"),
        (pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False), "or flags"),
        (pd.DataFrame([[1]]), "columns that do not come back; their names are to be texts"),
        pytest.param(
            pd.DataFrame([[1]], columns=pd.Index(["a"], dtype=object)),
            "columns of object that comes back as str",
            marks=pytest.mark.skipif(pd.__version__ < "3", reason="texts were objects"),
        ),
        (pd.DataFrame({"a": [1, 2]}, index=TIMES), "a frequency of times, which does not come"),
        (pd.DataFrame({"a": pd.Series([2**70], dtype=object)}), "too large"),
        (pd.DataFrame({"a": [1, "b"]}), "found: "),
        (pd.DataFrame({"a": [{1}]}), "found: "),
        (pd.DataFrame({"a": [bytearray(b"x")]}), "a that Parquet gives back as something else"),
        (pd.DataFrame({"a": [[1, 2]]}), "a that Parquet gives back as something else"),
        (pl.DataFrame({"a": [object()]}), "found: "),
        ({"a": np.array([None])}, "found: a holds object, not plain bytes"),
        (Fraction(1, 13), "expected a Fraction that fraction can write, found: an unlucky number"),
    ],
)
def test_what_parquet_would_change_is_refused_by_name(put, value, words):
    with pytest.raises(errors.OutputError, match=r"^output 'out': ") as caught:
        put(value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_serializer_has_a_name_of_its_own():
    for name, suffix, words in (
        ("npz", ".npz", "the framework's own"),
        ("No", ".no", "expected a name of small letters"),
        ("no", "no", "expected a name of small letters"),
    ):
        with pytest.raises(errors.GraphError, match=words):
            register_serializer(Serializer(name, suffix, *[lambda *_: False] * 3))


def test_a_value_whose_serializer_is_not_here(put, monkeypatch):
    back, record, store = put(Fraction(1, 2))
    assert (back, record["file"]) == (Fraction(1, 2), "out.txt")
    monkeypatch.delitem(serializers._registered, FRACTIONS.name)
    with pytest.raises(errors.MissingArtifact, match="expected a serializer 'fraction'"):
        store.load(KEY, "out")
    assert store.damage(KEY) is None  # it can be verified and collected all the same


def test_an_archive_that_is_none_is_damaged(put):
    _, record, store = put({"a": np.ones(2)})
    path = store.folder(KEY) / record["file"]
    path.write_bytes(b"PK" + bytes(record["size"] - 2))
    with pytest.raises(errors.CorruptArtifact, match="it is damaged"):
        store.load(KEY, "out")


def test_arrays_by_names_have_the_digest_of_their_content():
    first, second = {"a": np.ones(2)}, {"a": np.asfortranarray(np.ones(2))}
    assert tables.digest_npz(first) == tables.digest_npz(second)
    assert tables.digest_npz(first) != tables.digest_npz({"b": np.ones(2)})
    assert not tables.is_npz({})
    assert not tables.is_npz({"a": np.ones(1), "b": 1})
    file = io.BytesIO()
    tables.write_npz(first, file)
    assert np.load(io.BytesIO(file.getvalue()))["a"].tolist() == [1, 1]


@stage(outputs=("share",))
def share():
    return Fraction(1, 3)


@stage(outputs=("text",))
def use(share):
    return str(share)


def test_its_code_counts_for_what_it_has_written_and_for_who_reads_that(tmp_path, monkeypatch):
    monkeypatch.setattr(serializers, "_registered", {"fraction": FRACTIONS})
    pipeline = Pipeline(share, use)
    run(pipeline, store=tmp_path)
    assert [one.status for one in plan(pipeline, store=tmp_path)] == ["cached", "cached"]
    code = dict(serializers._code)
    monkeypatch.setattr(serializers, "_code", {"fraction": (FRACTIONS, "edited")})
    first, second = plan(pipeline, store=tmp_path)
    assert (first.reasons, second.status) == (("serializer fraction changed",), "waits")
    assert [one.status for one in run(pipeline, store=tmp_path).stages] == ["ran", "ran"]
    assert [one.status for one in plan(pipeline, store=tmp_path)] == ["cached", "cached"]
    assert code["fraction"][1] != "edited"
