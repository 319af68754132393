"""What becomes of groups of items that are damaged or gone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline import errors, plan, run
from pipeline.store.store import Store
from tests.pipeline import maps
from tests.pipeline.maps import NUMBERS


def damage(path: Path) -> None:
    """Another byte, and the time that the file had."""
    status = path.stat()
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_damaged_group_is_found_and_made_anew(tmp_path):
    store = Store(tmp_path)

    def go():
        maps.RAN.clear()
        return run(NUMBERS, store=store, executor="serial")

    first = go()
    (group,) = [path for path in store.groups.all() if path.parent.parent.name == "split"]
    damage(group / "squares.pack")
    assert store.groups.examine(group)[0] is None  # size and time are those that were
    store.invalidate(group)
    assert "squares.pack does not hold the bytes" in store.groups.examine(group)[0]
    found = go()
    assert found.stages[1].reason == (
        "3 of 3 items run: 3: squares.pack does not hold the bytes that were written"
    )
    assert maps.RAN == [1, 2, 3]
    assert list(found["squares"]) == list(first["squares"]) == [1, 4, 9]
    assert [one.status for one in found.stages] == ["cached", "ran", "cached", "cached"]


@pytest.mark.parametrize("name", ["squares.pack", "manifest.json"])
def test_a_group_that_is_gone_is_made_anew(tmp_path, name):
    run(NUMBERS, store=tmp_path, executor="serial")
    for group in Store(tmp_path).groups.of("split", next(_commons(tmp_path))):
        (group / name).unlink()
    assert "is missing" in plan(NUMBERS, store=tmp_path)[1].reason or name == "manifest.json"
    found = run(NUMBERS, store=tmp_path, executor="serial")
    assert found.stages[1].status == "ran"
    assert list(found["squares"]) == [1, 4, 9]


def _commons(root: Path):
    return (path.name for path in (root / ".items" / "split").iterdir())


def test_a_value_that_is_damaged_is_reported_and_read_again_then(tmp_path):
    found = run(NUMBERS, store=tmp_path, executor="serial")
    (group,) = found["halves"].groups
    pack = group / "halves.pack"
    os.truncate(pack, 10)
    with pytest.raises(errors.CorruptArtifact, match="halves is damaged"):
        found["halves"][2]
    assert run(NUMBERS, store=tmp_path, executor="serial").stages[1].status == "ran"


def test_a_list_of_items_that_is_none(tmp_path):
    found = run(NUMBERS, store=tmp_path, executor="serial")
    path = Path(found.path("squares"))
    for text in ("{}", "[", '{"groups": [], "labels": null, "place": "/", "output": "a"}'):
        path.write_text(text)
        with pytest.raises(errors.CorruptArtifact, match="it is damaged"):
            found["squares"]
    assert run(NUMBERS, store=tmp_path, executor="serial").stages[1].status == "ran"
