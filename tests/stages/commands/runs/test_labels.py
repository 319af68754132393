"""Tags, notes and tables of runs for other programs."""

from __future__ import annotations

import csv
import io

import pytest

from stages.commands.runs.labels import FILE

pytestmark = pytest.mark.whole

SMALL = "--source synthetic --synthetic-size 300 --hidden 8 --epochs 1 --batch 30"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("labels")


@pytest.fixture
def names(call, document, folder):
    """The names of two trainings without labels."""
    for flags in (SMALL, f"{SMALL} --seed 1"):
        assert call(f"train {flags} --quiet")[0] == 0
    (folder / "artifacts" / FILE).unlink(missing_ok=True)
    return [run["run"] for run in document("runs")["runs"]]


@pytest.mark.everyday
def test_a_run_gets_tags_and_a_note(call, document, names):
    assert "tags" not in call("runs")[1]
    status, out, _ = call(f"tag {names[0]} base best --note 'as it was'")
    assert (status, out) == (0, f"{names[0]}: base best; as it was\n")
    listed = {run["run"]: run for run in document("runs")["runs"]}
    assert listed[names[0]]["tags"] == ["base", "best"]
    assert listed[names[1]]["tags"] == []
    _, out, _ = call("runs")
    assert "  tags  " in out.splitlines()[0]
    assert f"{names[0]}: as it was" in out
    assert [run["run"] for run in document("runs --tag best")["runs"]] == [names[0]]
    assert call(f"tag {names[0]} --remove base --note ''")[1] == f"{names[0]}: best\n"
    assert document(f"tag {names[0]}") == {"run": names[0], "tags": ["best"], "note": ""}
    assert call("runs --tag none")[1].startswith("no training with the tag 'none' is stored in")


def test_a_tag_names_its_run(call, document, names):
    call(f"tag {names[0]} first")
    found = document(f"compare first {names[1]}")
    assert [run["run"] for run in found["runs"]] == names
    call(f"tag {names[1]} first")
    assert "found 'first', with which" in call(f"compare first {names[1]}")[2]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("tag {} 'a b'", "tag: expected a tag of letters, digits"),
        ("tag {} --remove none", "--remove: expected a tag that the run has (none), found 'none'"),
        ("tag {} --note 'a\x1b[2Jb'", "--note: expected a line of at most 2,000 characters"),
        ("tag zzz a", "tag: expected the beginning of one run's name, found 'zzz'"),
    ],
)
def test_mistakes_are_one_line(call, names, command, words):
    status, _, err = call(command.format(names[0]))
    assert status == 2
    assert words in err
    assert err.count("\n") == 1


def test_a_damaged_file_is_reported(call, folder, names):
    (folder / "artifacts" / FILE).write_text('{"a": 1}')
    status, _, err = call("runs")
    assert status == 2
    assert "expected the tags and notes of runs, found a damaged file; repair it or delete" in err


def test_gc_and_verify_leave_labels_alone(call, names, folder):
    call(f"tag {names[0]} kept")
    assert call("verify")[0] == 0
    assert call(f"gc {SMALL}")[0] == 0
    assert "kept" in (folder / "artifacts" / FILE).read_text()


def test_a_table_for_other_programs(call, names):
    call(f"tag {names[0]} base --note 'with, comma'")
    _, out, _ = call("runs --csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    head = next(csv.reader(io.StringIO(out)))
    assert len(set(head)) == len(head)
    assert [row["run"] for row in rows] == names
    first = rows[0]
    assert (first["tags"], first["note"], first["test"]) == ("base", "with, comma", "")
    assert float(first["validation"]) <= 1
    assert {row["seed"] for row in rows} == {"0", "1"}
    assert first["hidden"] == "8"
