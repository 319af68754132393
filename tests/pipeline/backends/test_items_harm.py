"""What may happen to groups of items on their way, and to a worker that lives long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from pipeline import Pipeline, stage
from pipeline.backends import scratch as scratches
from pipeline.backends.parcels import Made
from pipeline.backends.scratch import Scratch
from pipeline.errors import CorruptArtifact
from pipeline.store.store import Store
from tests.everyday import long_but
from tests.pipeline import maps
from tests.pipeline.backends.conftest import on

pytestmark = pytest.mark.whole

HARMS = ("bit", "cut", "manifest", "items", "outputs", "name", "place")


@pytest.mark.parametrize("harm", long_but(("bit", "items", "place"), HARMS))
def test_a_group_that_was_changed_on_its_way_is_refused(tmp_path, apart, monkeypatch, harm):
    ask, held = apart.ask, []

    def changed(order):
        answer = ask(order)
        if not isinstance(answer, Made) or not answer.done:
            return answer
        files, done = dict(answer.files), answer.done
        if harm == "bit":
            files["squares.pack"] = files["squares.pack"].replace(b"4", b"5")
        elif harm == "cut":
            files["halves.pack"] = files["halves.pack"][:-1]
        elif harm == "manifest":
            files["manifest.json"] = files["manifest.json"].replace(b"seconds", b"secondz", 1)
        elif harm == "items":  # a whole group, of other items
            held.append(answer)
            return held[0]
        elif harm == "outputs":
            del files["halves.pack"]
        elif harm == "name":
            files["../../../outside"] = b""
        else:
            done = replace(done, name="../../outside")
        return Made(files, done)

    monkeypatch.setattr(apart, "ask", changed)
    monkeypatch.setattr("pipeline.mapped_run.FIRST", 1)
    with pytest.raises(CorruptArtifact), apart:  # ends: other groups may still be under way
        on(apart, Pipeline(maps.listed, maps.split), tmp_path / "store")
    assert not list(tmp_path.rglob("outside"))
    groups = Store(tmp_path / "store").groups
    assert {groups.examine(folder)[0] for folder in groups.all()} <= {None}


SEEN: list[int] = []


@stage(outputs=("marks",), over={"number": [1, 2, 3]})
def mark(number: int) -> int:
    """Fills what its module holds."""
    SEEN.append(number)
    return number


@stage(outputs=("marked",))
def marked(marks: list[int]) -> list[int]:
    """Reaches it, too."""
    return [one for one in marks if one not in SEEN or one in SEEN]


def test_what_a_stage_changes_of_its_module_makes_no_other_code_of_it(tmp_path, apart, monkeypatch):
    monkeypatch.setattr("pipeline.mapped_run.FIRST", 1)
    found = on(apart, Pipeline(mark, marked), tmp_path / "store")
    assert (list(found["marks"]), found["marked"], len(SEEN)) == ([1, 2, 3], [1, 2, 3], 3)


def test_an_input_is_kept_while_it_is_used_though_space_is_short(tmp_path, monkeypatch):
    monkeypatch.setattr(scratches, "MOST", 10)
    scratch = Scratch(tmp_path)
    with scratch.holding(["first"]):
        for content in ("first", "second", "third"):
            scratch.receive("run", content, ("file", 0, bytes(8), True))
        assert scratch.missing(["first", "third"], "other") == ()
        assert scratch.missing(["second"], "other") == ("second",)
    scratch.receive("run", "fourth", ("file", 0, bytes(8), True))
    assert scratch.missing(["first", "third"], "another") == ("first", "third")


def test_many_threads_take_in_inputs_at_once(tmp_path, monkeypatch):
    """While one makes space, others rename what has arrived; what still arrives stays."""
    monkeypatch.setattr(scratches, "MOST", 3)
    scratch = Scratch(tmp_path)
    half = "f" * 64
    scratch.receive("run", half, ("a", 0, b"1234", False))

    def take(thread: int) -> None:
        for number in range(40):
            scratch.receive("run", f"{thread:032}{number:032}", ("a", 0, b"1", True))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(take, range(4)))
    scratch.receive("run", half, ("a", 4, b"5", True))
    assert (tmp_path / ".inputs" / half / "a").read_bytes() == b"12345"
