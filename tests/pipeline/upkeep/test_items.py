"""gc and verify know of items: groups go when nothing needs them, and every byte is read again."""

from __future__ import annotations

import time

import pytest

from pipeline import run
from pipeline.cli.main import run_cli
from pipeline.cli.program import Program, make_cli
from pipeline.store.store import Key, Store
from pipeline.upkeep.gc import DAY, plan_removals, remove
from pipeline.upkeep.verify import verify_groups, verify_results
from tests.pipeline.maps import NUMBERS

pytestmark = pytest.mark.whole


@pytest.fixture
def made(tmp_path):
    """A store with the numbers 1, 2, 3, and then 1, 2, 3, 4: two groups of each stage."""
    store = Store(tmp_path / "artifacts")
    for numbers in ("1,2,3", "1,2,3,4"):
        run(NUMBERS, store=store, executor="serial", numbers=numbers)
    return store


def collect(store, current=(), groups=(), **limits):
    removals = plan_removals(store, current, **limits, current_groups=groups)
    remove(store, removals)
    return {
        str(removal.path.relative_to(store.root)).split("/")[0]: removal for removal in removals
    }


def test_groups_of_kept_results_stay(made):
    assert collect(made) == {}
    assert len(made.groups.all()) == 4
    assert run(NUMBERS, store=made, numbers="1,2,3,4").stages[1].status == "cached"


def test_groups_go_with_the_last_result_that_refers_to_them(made):
    later = time.time() + 2 * DAY
    last = run(NUMBERS, store=made, numbers="1,2,3")
    current = [one.key for one in last.stages]
    found = collect(made, current, days=1.0, now=later)
    assert found[".items"].reason == "no kept result refers to it"
    assert len(made.groups.all()) == 2
    assert {one.status for one in run(NUMBERS, store=made).stages} == {"cached"}
    assert collect(made, days=1.0, now=later)[".items"].path.name.isalnum()
    assert made.groups.all() == []
    assert made.results() == []


def test_groups_count_once_among_the_bytes_that_may_be_kept(made):
    sizes = sum(path.stat().st_size for path in made.root.rglob("*") if path.is_file())
    assert collect(made, size=sizes + 1) == {}
    assert ".items" in collect(made, size=1)


def test_an_unfinished_run_and_what_the_flags_lead_to_keep_their_groups(made):
    groups = made.groups.all()
    place = groups[0].parent.relative_to(made.root).as_posix()
    key = Key(groups[0].parent.parent.name, "a" * 64)
    made.states.save(key, {}, {"items": 3, "place": place})
    for result in made.results():
        (result / "manifest.json").write_text("")
    for group in groups[2:3]:
        collect(made, groups=[group])
    assert {*groups[:2], groups[2]} == set(made.groups.all())
    made.states.save(key, {}, {"no": "place"})
    collect(made)
    assert made.groups.all() == []


def test_what_dead_processes_left_goes(made):
    place = made.groups.all()[0].parent
    (place / f".tmp-{'a' * 32}-12345678").mkdir()
    (place.parent / f".tmp-{'b' * 32}-removed").mkdir()
    assert {removal.reason for removal in collect(made).values()} == {"left by a process that died"}
    assert not list(made.root.rglob(".tmp-*"))


def test_verify_reads_every_group(made):
    assert set(dict(verify_groups(made)).values()) == {None}
    group = made.groups.all()[0]
    pack = next(group.glob("*.pack"))
    pack.write_bytes(bytes(len(pack.read_bytes())))
    (made.groups.all()[1] / "manifest.json").write_text("{}")
    reasons = [reason for reason in dict(verify_groups(made)).values() if reason]
    assert f"{pack.name} does not hold the bytes" in reasons[0]
    assert "expected a manifest with a checksum" in reasons[1]
    assert set(dict(verify_results(made)).values()) == {None}


def test_the_commands(made, capsys):
    program = make_cli(Program(NUMBERS, name="numbers", help="Numbers.", version="1"))

    def say(*words):
        store = ("--artifacts-dir", str(made.root))
        status = run_cli(program, [words[0], *store, *words[1:]])
        return status, capsys.readouterr().out

    assert say("plan", "--numbers", "1,2,3")[1].splitlines()[1].split(maxsplit=3)[3] == (
        "up to date, 3 items"
    )
    status, text = say("verify")
    assert (status, text.splitlines()[-1]) == (
        0,
        "8 of 8 results and 4 of 4 groups of items are whole",
    )
    assert "0 B freed" in say("gc")[1]
    run(NUMBERS, store=made, targets=["listed"], numbers="1,9,3,8,7")
    page = say("explain", "split", "--numbers", "1,9,3,8,7")[1]
    assert page.splitlines()[:4] == [
        "split: runs",
        "  3 of 5 items run: 2 changed, 1 new",
        "  changed: number 1, number 3",
        "  new: number 4",
    ]
    assert '"items": {' in say("explain", "split", "--numbers", "1,9,3,8,7", "--json")[1]
    assert "5 items" in say("run", "--numbers", "1,9,3,8,7")[1]
    next(made.groups.all()[0].glob("*.pack")).write_bytes(b"")
    status, text = say("verify")
    assert status == 1
    assert "will be made anew" in text
