"""What a stage can be mapped over, what identifies an item, and what becomes of groups of them."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import Pipeline, errors, run, stage
from pipeline.store.store import Store
from tests.pipeline import maps
from tests.pipeline.maps import KINDS, NO_ITEMS, NUMBERS


def go(store, numbers="1,2,3", pipeline=NUMBERS, **given):
    maps.RAN.clear()
    return run(pipeline, store=store, executor="serial", numbers=numbers, **given)


def reason(found, name="split"):
    return next(one.reason for one in found.stages if one.name == name)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store in which three numbers are made."""
    store = Store(tmp_path_factory.mktemp("made") / "store")
    return store, go(store)


def test_items_are_a_lazy_sequence(made):
    _, found = made
    squares, halves = found["squares"], found["halves"]
    assert (len(squares), list(squares), squares[-1], squares[:2]) == (3, [1, 4, 9], 9, [1, 4])
    assert [half.tolist() for half in halves] == [[0], [0, 0.5], [0, 0.5, 1]]
    assert halves[2].dtype == np.float32
    assert not halves[2].flags.writeable
    assert squares.labels is None
    assert list(squares.named()) == [("0", 1), ("1", 4), ("2", 9)]
    assert list(pickle.loads(pickle.dumps(halves))[1]) == [0, 0.5]
    assert repr(squares) == "<3 items of squares>"
    assert found["total"] == 1 + 4.5 + 10.5
    with pytest.raises(IndexError):
        squares[3]
    assert found.record("squares")["count"] == 3
    assert found.notes("squares") == {"items": 3, "items_run": 3}


def test_an_item_more_a_change_and_another_order(tmp_path):
    store = tmp_path / "store"
    go(store)
    assert reason(go(store, "1,2,3,4")) == "1 of 4 items run: 1 new"
    assert maps.RAN == [4]
    assert reason(go(store, "1,7,3,4")) == "1 of 4 items run: 1 changed"
    assert maps.RAN == [7]
    found = go(store, "4,3,1")
    assert reason(found) == "0 of 3 items run: others are gone, or in another order"
    assert (list(found["squares"]), maps.RAN) == ([16, 9, 1], [])
    found = go(store, "5,5,1,5")
    assert (list(found["squares"]), maps.RAN) == ([25, 25, 1, 25], [5])
    assert [one.status for one in go(store, "4,3,1").stages] == ["cached"] * 4


@pytest.mark.parametrize(("numbers", "squares"), [("", []), ("6", [36])])
def test_no_item_and_one(tmp_path, numbers, squares):
    found = go(tmp_path / "store", numbers)
    assert list(found["squares"]) == squares
    assert [one.status for one in go(tmp_path / "store", numbers).stages] == ["cached"] * 4


def test_everything_that_has_items(tmp_path):
    found = run(KINDS, store=tmp_path / "store", executor="serial")
    assert [row.tolist() for row in found["rows"]] == [[0, 10], [20, 30], [40, 50]]
    assert list(found["values"].named()) == [("x", [1]), ("y", [[2]])]
    assert list(found["shapes"].named()) == [("p", [2]), ("q", [1, 3])]
    copies = dict(found["copies"].named())
    assert {name: path.read_text() for name, path in copies.items()} == {
        "b.txt": "BEE",
        "deep/a.txt": "ANT",
    }
    assert all(path.suffix == ".txt" for path in copies.values())
    again = run(KINDS, store=tmp_path / "store", executor="serial")
    assert {one.status for one in again.stages} == {"cached"}
    list(copies.values())[1].chmod(0o644)
    list(copies.values())[1].write_text("BUG")
    found = run(KINDS, store=tmp_path / "store", executor="serial")
    assert "_1_copies.txt does not hold the bytes" in reason(found, "of_files")
    assert found["copies"][1].read_text() == "ANT"


def test_what_has_no_items_is_one_line(tmp_path):
    with pytest.raises(errors.DataError) as caught:
        run(NO_ITEMS, store=tmp_path)
    assert str(caught.value) == (
        "stage more: over number: expected a list, a dict, an array, Items, Files or a folder, "
        "found int"
    )


def test_items_side_by_side_must_fit(tmp_path):
    with pytest.raises(errors.DataError, match="found 2 of left, 1 of right"):
        run(Pipeline(maps.pair), store=tmp_path)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ("other", r"over: expected positional arguments of its function \(one\), found 'other'"),
        ({"one": (1, 2)}, "over one: expected a list or a dict, found tuple"),
        ({"one": [float("nan")]}, "over one: expected JSON values"),
        ({"one": [{1, 2}]}, "over one: expected JSON values"),
    ],
)
def test_a_mistake_in_over(over, words):
    def function(one: int) -> int:
        return one

    with pytest.raises(errors.GraphError, match=words):
        stage(outputs=("out",), over=over)(function)


def test_a_mapped_stage_is_a_plain_function_too():
    assert maps.together(4, np.ones(2)) == 6


def test_an_item_may_change_what_it_is_given(tmp_path):
    for _ in range(2):
        found = run(Pipeline(maps.last), store=tmp_path, executor="serial")
        assert list(found["last"]) == [2, 3]
    assert found.stages[0].status == "cached"


def test_an_item_that_yields_blocks(tmp_path):
    found = run(Pipeline(maps.counted), store=tmp_path, executor="serial")
    assert [one.tolist() for one in found["counted"]] == [[0, 1], [0, 1, 2]]


def test_an_output_that_does_not_come_back_names_its_item(tmp_path):
    with pytest.raises(errors.OutputError) as caught:
        run(Pipeline(maps.refuse), store=tmp_path, executor="serial")
    assert str(caught.value).startswith(
        "item bad: stage refuse: output 'word': expected what comes"
    )
    assert len(Store(tmp_path).groups.all()) == 1


def test_what_is_read_beside_is_noticed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("beside").write_text("1")

    def again():
        found = run(Pipeline(maps.beside), store="store", executor="serial")
        return list(found["added"]), found.stages[0].reason

    assert again()[0] == [2, 3]
    assert again() == ([2, 3], "up to date, 2 items")
    Path("beside").write_text("10")
    found, why = again()
    assert found == [11, 12]
    assert why == f"2 of 2 items run: 2: file {tmp_path / 'beside'} changed"


NAMES = st.lists(st.integers(0, 12), max_size=8)


@settings(max_examples=8, deadline=None)
@given(st.lists(NAMES, min_size=2, max_size=3))
def test_whatever_lists_follow_each_other_no_item_runs_twice(tmp_path_factory, lists):
    store, ran = tmp_path_factory.mktemp("lists"), []
    pipeline = Pipeline(maps.listed, maps.split)
    for numbers in lists:
        found = go(store, ",".join(map(str, numbers)), pipeline)
        assert list(found["squares"]) == [number**2 for number in numbers]
        ran += maps.RAN
    assert sorted(ran) == sorted({number for numbers in lists for number in numbers})
