"""Texts → tokens → TF-IDF: one item a file, on every executor, killed, edited, reordered."""

from __future__ import annotations

import math
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from pipeline import plan, run
from pipeline.executors.processes import start_context
from tests.everyday import long_but
from tests.pipeline.words import WORDS

pytestmark = pytest.mark.whole

TEXTS = {
    "ant": "the ant and the bee",
    "bee": "a bee a day",
    "cat": "the cat sat",
    "dog": "the dog and the cat",
}


@pytest.fixture
def texts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in TEXTS.items():
        write(name, text)
    return tmp_path / "texts"


def write(name: str, text: str) -> None:
    Path("texts").mkdir(exist_ok=True)
    Path(f"texts/{name}.txt").write_text(text, "utf-8")


def read() -> list[str]:
    """The texts that were read since it was asked last."""
    log = Path("log")
    found = sorted(log.read_text().split()) if log.exists() else []
    log.unlink(missing_ok=True)
    return found


def statuses(found) -> dict[str, str]:
    return {one.name: one.reason if one.status == "ran" else one.status for one in found.stages}


def expected() -> list[dict[str, float]]:
    """What scikit-learn calls TfidfTransformer(smooth_idf=False), without the 1 and the norm."""
    words = [text.split() for _, text in sorted(TEXTS.items())]
    n = len(words)
    return [
        {w: own.count(w) * math.log(n / sum(w in other for other in words)) for w in own}
        for own in words
    ]


@pytest.mark.parametrize("executor", long_but(("process",), ("serial", "thread", "process")))
def test_the_flow_and_one_changed_file(texts, executor):
    def go():
        return run(WORDS, store="store", executor=executor, jobs=2)

    found = go()
    assert read() == ["ant.txt", "bee.txt", "cat.txt", "dog.txt"]
    weights = found["tfidf"]
    assert weights.labels == ("ant.txt", "bee.txt", "cat.txt", "dog.txt")
    assert [one.items() for one in weights] == [
        {w: round(x, 9) for w, x in one.items()}.items() for one in expected()
    ]
    assert next(iter(found["tfidf"][0])) == "ant"
    assert set(statuses(go()).values()) == {"cached"}
    assert read() == []

    write("bee", "a bee a bee a day")
    found = go()
    assert read() == ["bee.txt"]
    assert statuses(found) == {
        "texts": statuses(found)["texts"],
        "tokenize": "1 of 4 items run: 1 changed",
        "frequency": "input tokens changed",
        "weigh": "1 of 4 items run: 1 changed",  # the document frequencies are as they were
    }
    write("eel", "an eel")
    (texts / "ant.txt").unlink()
    assert statuses(go())["tokenize"] == "1 of 4 items run: 1 new"
    assert read() == ["eel.txt"]
    write("ant", TEXTS["ant"])
    assert statuses(go())["tokenize"] == "0 of 5 items run: others are gone, or in another order"
    assert read() == []


def test_the_executors_come_to_the_same_bytes(texts):
    digests = {}
    with ProcessPoolExecutor(2, start_context()) as pool:
        for name, executor in {"serial": "serial", "thread": "thread", "own": pool}.items():
            found = run(WORDS, store=f"store-{name}", executor=executor, jobs=2)
            digests[name] = {one: found.record(one)["digest"] for one in found.artifacts()}
    assert digests["serial"] == digests["thread"] == digests["own"]


@pytest.mark.long
def test_a_parameter_runs_all_items_and_says_so(texts):
    run(WORDS, store="store")
    read()
    found = run(WORDS, store="store", shortest=2)
    assert statuses(found)["tokenize"] == "4 of 4 items run: parameter shortest: 1 → 2"
    assert statuses(run(WORDS, store="store", shortest=1))["tokenize"] == "cached"
    assert len(read()) == 4


def test_equal_texts_are_one_item(texts):
    for name in ("copy1", "copy2"):
        write(name, TEXTS["ant"])
    found = run(WORDS, store="store")
    assert len(read()) == 6  # names count: a text may be read by its name
    assert len(found["tfidf"]) == 6
    assert statuses(found)["weigh"].startswith("4 of 6 items run")
    assert found["tfidf"][0] == found["tfidf"][3]


def test_broken_items_name_themselves_and_others_are_kept(texts):
    write("bee", "a broken bee")
    write("cat", "broken")
    with pytest.raises(ValueError, match="a broken text") as caught:
        run(WORDS, store="store", executor="serial", keep_going=True)
    assert "in item bee.txt; 1 more failed: cat.txt" in caught.value.__notes__
    failed = {one.name: (one.status, one.reason) for one in caught.value.outcome.stages}
    assert failed["tokenize"] == (
        "failed",
        "item bee.txt: a broken text; 1 more failed: cat.txt",
    )
    assert failed["weigh"][0] == "skipped"
    assert read() == ["ant.txt", "bee.txt", "cat.txt", "dog.txt"]
    write("bee", TEXTS["bee"])
    write("cat", TEXTS["cat"])
    found = run(WORDS, store="store")
    assert read() == ["bee.txt", "cat.txt"]
    assert statuses(found)["tokenize"] == "2 of 4 items run: the last run did not finish"


def test_without_keep_going_the_first_broken_item_ends_the_run(texts):
    write("bee", "a broken bee")
    with pytest.raises(ValueError, match="a broken text") as caught:
        run(WORDS, store="store", executor="serial")
    assert caught.value.__notes__[:2] == ["in item bee.txt", "in stage tokenize"]
    assert read() == ["ant.txt", "bee.txt"]
    write("bee", TEXTS["bee"])
    run(WORDS, store="store", executor="serial")
    assert read() == ["bee.txt", "cat.txt", "dog.txt"]


def test_a_plan_counts_and_runs_nothing(texts):
    planned = plan(WORDS, store="store")
    assert [one.status for one in planned] == ["runs", "runs", "waits", "waits"]
    assert planned[1].reason == "4 of 4 items run: never run before"
    assert len(planned[1].items.missing) == 4
    run(WORDS, store="store")
    assert plan(WORDS, store="store")[1].reasons == ("up to date, 4 items",)
    write("bee", "another bee")
    assert plan(WORDS, store="store")[1].reasons == ("1 of 4 items run: 1 changed",)
    assert read() == ["ant.txt", "bee.txt", "cat.txt", "dog.txt"]


def test_a_text_without_a_name_of_its_own(texts):
    for folder in ("texts/a", "texts/b"):
        os.makedirs(folder)
        Path(f"{folder}/same.txt").write_text(folder)
    found = run(WORDS, store="store", texts="texts/**/same.txt")
    assert found["tokens"].labels == ("a/same.txt", "b/same.txt")
    assert list(found["tokens"].named()) == [
        ("a/same.txt", ["texts/a"]),
        ("b/same.txt", ["texts/b"]),
    ]


def test_no_file_is_a_mistake(texts):
    with pytest.raises(Exception, match=r"^texts: expected files that match '/none"):
        run(WORDS, store="store", texts="/none/*.txt")
