"""Items of mapped stages, and what takes them, on workers with no folder in common with us."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline import Pipeline, run, stage
from pipeline.errors import DataError, WorkersDied
from pipeline.store.store import Store
from tests.pipeline import maps
from tests.pipeline.backends.conftest import TEXTS, dask, digests, on, reason
from tests.pipeline.maps import KINDS, NUMBERS
from tests.pipeline.words import WORDS

pytestmark = pytest.mark.whole


@stage(outputs=("places",), over="folder")
def place_of(folder: Path) -> list[str]:
    """Where a file lies in its folder; its name there is part of what identifies it."""
    return [folder.parent.name, folder.name]


@stage(outputs=("sizes",))
def count_files(folder: Path) -> list[str]:
    """All that is in a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_everything_that_has_items_travels(tmp_path, apart, monkeypatch):
    sent, here = [], []
    deliver = apart.deliver
    monkeypatch.setattr(
        apart, "deliver", lambda o, m, s: sent.extend(m.contents) or deliver(o, m, s)
    )
    monkeypatch.setattr("pipeline.backends.apart.execute_group", lambda *given: here.append(given))
    for number, pipeline in enumerate((NUMBERS, KINDS, Pipeline(maps.sources, count_files))):
        expected = run(pipeline, store=tmp_path / f"{number}-here", executor="serial")
        found = on(apart, pipeline, tmp_path / f"{number}-there")
        assert digests(found) == digests(expected)
        again = run(pipeline, store=tmp_path / f"{number}-there")
        assert {one.status for one in again.stages} == {"cached"}
    assert (here, len(sent)) == ([], len(set(sent)))
    assert found["sizes"] == ["b.txt", "deep", "deep/a.txt"]


def test_a_file_of_a_folder_keeps_its_place_in_it(tmp_path, apart):
    found = on(apart, Pipeline(maps.sources, place_of), tmp_path / "store")
    assert list(found["places"]) == [["folder", "b.txt"], ["deep", "a.txt"]]


@pytest.mark.long
def test_texts_travel_and_one_changed_text_travels_alone(texts, apart):
    expected = run(WORDS, store="here", executor="serial")
    found = on(apart, WORDS, Path("there"))
    assert digests(found) == digests(expected)
    manifests = [json.loads(p.read_text()) for p in Path("there/.items").rglob("manifest.json")]
    seen = {path for one in manifests for path in one.get("observed", {}).get("files", {})}
    assert not [path for path in seen if "scratch" in path]
    (texts / "bee.txt").write_text("another bee")
    found = on(apart, WORDS, Path("there"))
    assert reason(found) == "1 of 3 items run: 1 changed"
    assert digests(found) == digests(run(WORDS, store="here"))


def test_a_text_that_changes_before_it_is_sent_is_reported(texts, apart, monkeypatch):
    ask = apart.ask

    def late(order):
        if order.group:
            (texts / "bee.txt").write_text("a bee that was too late")
        return ask(order)

    monkeypatch.setattr(apart, "ask", late)
    with pytest.raises(DataError, match=r"bee.txt has changed while tokenize ran"):
        on(apart, WORDS, Path("store"))


def test_broken_items_are_named_and_the_others_kept(texts, apart):
    (texts / "bee.txt").write_text("a broken bee")
    with pytest.raises(ValueError, match="a broken text") as caught:
        on(apart, WORDS, Path("store"), keep_going=True)
    assert "in item bee.txt" in caught.value.__notes__
    assert Store(Path("store")).groups.all()
    (texts / "bee.txt").write_text(TEXTS["bee"])
    found = run(WORDS, store="store")
    assert reason(found) == "1 of 3 items run: the last run did not finish"


def test_items_that_refer_to_files_of_a_worker_are_made_here(tmp_path, apart, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        Path(name).write_text(name)
    asked = []
    ask = apart.ask
    monkeypatch.setattr(apart, "ask", lambda order: asked.append(order) or ask(order))
    found = on(apart, Pipeline(maps.refer), tmp_path / "store")
    assert [one.files[0].path for one in found["referred"]] == [tmp_path / "a", tmp_path / "b"]
    before = len(asked)
    Path("a").write_text("another")
    on(apart, Pipeline(maps.refer), tmp_path / "store")
    assert len(asked) == before, "what was of no use once is not sent again"


@pytest.mark.parametrize("going", [False, True])
def test_an_item_that_ends_whoever_makes_it_is_named(texts, apart, monkeypatch, going):
    """The others of its group are made, and it is not tried for ever."""
    asked = []
    ask = apart.ask

    def deadly(order):
        labels = [one.values["texts"].path.name for one in order.group.items] if order.group else []
        asked.append(labels)
        if "bee.txt" in labels:
            raise WorkersDied("each that tried died")
        return ask(order)

    monkeypatch.setattr("pipeline.mapped_run.FIRST", 3)
    monkeypatch.setattr(apart, "groups_at_once", lambda placement: 1)
    monkeypatch.setattr(apart, "ask", deadly)
    with pytest.raises(WorkersDied, match=r"^item bee.txt: each that tried died$"):
        on(apart, WORDS, Path("store"), keep_going=going)
    tried = [list(labels) for labels in dict.fromkeys(map(tuple, asked)) if labels]
    assert tried[:3] == [["ant.txt", "bee.txt", "cat.txt"], ["ant.txt"], ["bee.txt"]]
    assert tried[3:] == ([["cat.txt"]] if going else [])


@pytest.mark.everyday
def test_items_on_dask(texts):
    """The smoke test: files to tokens to weights, on a scheduler and two workers over TCP."""
    expected = run(WORDS, store="here", executor="serial")
    with dask(texts.parent) as executor:
        found = run(WORDS, store="there", executor=executor)
    assert digests(found) == digests(expected)
    assert np.isclose(found["tfidf"][0]["ant"], np.log(3))
