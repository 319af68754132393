"""Results of mapped stages in a remote: whole, and item by item."""

from __future__ import annotations

import json
import shutil

import pytest

from pipeline import Pipeline
from pipeline.store.remote import RemoteError
from tests.everyday import long_but
from tests.pipeline import maps
from tests.pipeline.maps import KINDS, NUMBERS
from tests.pipeline.store.test_remote import Machine, address, objects  # noqa: F401

pytestmark = pytest.mark.whole

fsspec = pytest.importorskip("fsspec")
in_memory = pytest.mark.parametrize("address", ["memory"], indirect=True)


def go(machine, numbers="1,2,3", pipeline=NUMBERS):
    maps.RAN.clear()
    return machine.run(pipeline, **({"numbers": numbers} if pipeline is NUMBERS else {}))


def digests(found):
    return {name: found.record(name)["digest"] for name in found.artifacts()}


@pytest.mark.parametrize("pipeline", [NUMBERS, KINDS])
def test_what_one_machine_makes_another_one_finds(tmp_path, address, pipeline):  # noqa: F811
    made = go(Machine(tmp_path / "a", address), pipeline=pipeline)[1]
    second = Machine(tmp_path / "b", address)
    statuses, found = go(second, pipeline=pipeline)
    assert set(statuses.values()) == {"cached"}
    assert digests(found) == digests(made)
    assert (second.sent, second.notes, maps.RAN) == ([], [], [])
    if pipeline is NUMBERS:
        assert [half.tolist() for half in found["halves"]] == [[0], [0, 0.5], [0, 0.5, 1]]
    else:
        assert [path.read_text() for path in found["copies"]] == ["BEE", "ANT"]
    assert not list((tmp_path / "b" / ".fetched").iterdir())
    shutil.rmtree(tmp_path / "b" / ".items")
    assert set(go(Machine(tmp_path / "b", address), pipeline=pipeline)[0].values()) == {"cached"}


def test_an_item_more_is_all_that_another_machine_makes(tmp_path, address):  # noqa: F811
    go(Machine(tmp_path / "a", address))
    found = go(Machine(tmp_path / "b", address), "1,2,3,4")[1]
    assert (maps.RAN, list(found["squares"])) == ([4], [1, 4, 9, 16])
    third = Machine(tmp_path / "c", address)
    assert go(third, "1,2,3,4")[0] == dict.fromkeys(
        ("listed", "split", "together", "total"), "cached"
    )


@in_memory
@pytest.mark.parametrize(
    "harm", long_but(("bit", "other"), ("bit", "gone", "manifest", "no group", "other"))
)
def test_what_was_changed_is_made_anew(tmp_path, address, harm):  # noqa: F811
    made = go(Machine(tmp_path / "a", address))[1]
    fs, root = fsspec.core.url_to_fs(address)
    for path in fs.find(f"{root}/items/split"):
        document = json.loads(fs.cat_file(path))
        if harm == "no group":
            fs.rm(path)
        elif harm == "manifest":
            fs.pipe_file(path, json.dumps({**document, "manifest": "{}"}).encode())
        elif harm == "other":  # a whole one, of another computation
            (other,) = fs.find(f"{root}/items/together")
            fs.pipe_file(path, fs.cat_file(other))
        else:
            sha256 = document["objects"]["squares.pack"][0]
            place = f"{root}/objects/{sha256[:2]}/{sha256}"
            data = fs.cat_file(place)
            fs.rm(place) if harm == "gone" else fs.pipe_file(place, data.replace(b"4", b"5"))
    second = Machine(tmp_path / "b", address)
    statuses, found = go(second)
    assert (statuses["split"], sorted(maps.RAN), len(second.notes)) == ("ran", [1, 2, 3], 1)
    assert digests(found) == digests(made)
    third = Machine(tmp_path / "c", address)
    assert set(go(third)[0].values()) == {"cached"}
    assert third.notes == []


@in_memory
def test_items_that_refer_to_files_of_a_machine_stay_there(tmp_path, address, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    machine = Machine(tmp_path / "store", address)
    machine.run(Pipeline(maps.refer))
    assert machine.sent == []


@in_memory
def test_cut_after_any_object_a_pull_goes_on(tmp_path, address):  # noqa: F811
    made = go(Machine(tmp_path / "a", address))[1]
    whole, fetched = len(objects(address)), []
    for allowed in range(whole + 1):
        machine = Machine(tmp_path / "b", address)
        machine.store.remote.fetch = cut_after(allowed, machine.store.remote.fetch, fetched)
        for key in made.keys.values():
            machine.store.bring(key)
    statuses, found = go(Machine(tmp_path / "b", address))
    assert set(statuses.values()) == {"cached"}
    assert digests(found) == digests(made)
    assert len(fetched) == len(set(fetched)) == whole, "no whole object was fetched again"


def cut_after(allowed, fetch, fetched):
    """What fetches so many objects, and is cut then."""
    left = [allowed]

    def cut(sha256, size, place):
        if not left[0]:
            raise RemoteError("cut")
        left[0] -= 1
        fetched.append(sha256)
        fetch(sha256, size, place)

    return cut
