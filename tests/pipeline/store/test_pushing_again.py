"""What is pushed again: what the remote has lost, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import Pipeline, run
from pipeline.store.remote import Remote
from pipeline.store.with_remote import StoreWithRemote
from tests.pipeline.maps import listed, split

pytest.importorskip("fsspec")


def emptied(path: Path) -> None:
    """As a copy that was broken off leaves it."""
    path.write_bytes(path.read_bytes()[:-1])  # which file is last varies, and one has 9 bytes


@pytest.mark.parametrize("kind", ["objects", "results", "items"])
@pytest.mark.parametrize("harm", [Path.unlink, emptied], ids=["gone", "cut"])
def test_what_the_remote_has_lost_is_sent_again(tmp_path, kind, harm):
    """A push that says that all is there has looked."""
    address = f"file://{tmp_path}/remote"
    first = StoreWithRemote(tmp_path / "a", Remote(address), pytest.fail)
    keys = run(Pipeline(listed, split), store=first, executor="serial").keys
    files = sorted(path for path in (tmp_path / "remote" / kind).rglob("*") if path.is_file())
    before = [path.read_bytes() for path in files]
    harm(files[-1])
    again = StoreWithRemote(tmp_path / "a", Remote(address), pytest.fail)
    assert sum(again.share(key) for key in set(keys.values())) > 0
    assert [path.read_bytes() for path in files] == before
    assert sum(again.share(key) for key in set(keys.values())) == 0
    other = StoreWithRemote(tmp_path / "b", Remote(address), pytest.fail)
    found = run(Pipeline(listed, split), store=other, executor="serial")
    assert [one.status for one in found.stages] == ["cached", "cached"]
