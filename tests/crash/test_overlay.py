"""A container image with results baked in: what is damaged in a lower layer is made anew."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store.store import Store
from pipeline.upkeep.gc import plan_removals, remove
from pipeline.upkeep.verify import verify_results
from tests.crash.scenarios import Scenario
from tests.pipeline.shop import SHOP

SCENARIO = Scenario("shop", SHOP, {"days": "3"})


@pytest.fixture
def overlay(tmp_path) -> Iterator[Path]:
    """A folder over `lower`, which holds a whole store."""
    lower, top = tmp_path / "lower", tmp_path / "top"
    for name in ("lower", "upper", "work", "top"):
        (tmp_path / name).mkdir()
    SCENARIO.learn(lower)
    options = f"lowerdir={lower},upperdir={tmp_path}/upper,workdir={tmp_path}/work"
    command = ["mount", "-t", "overlay", "overlay", "-o", options, str(top)]
    if os.geteuid() or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("needs the right to mount an overlay file system")
    try:
        yield top
    finally:
        subprocess.run(["umount", str(top)], check=True)


@pytest.fixture
def no_rename_of_folders(tmp_path, monkeypatch) -> Path:
    """The same as far as it can be had without a mount: no folder that is whole is renamed."""
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.is_dir() and not path.name.startswith("."):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(path))
        return rename(path, target)

    SCENARIO.learn(tmp_path)
    monkeypatch.setattr(Path, "rename", refuse)
    return tmp_path


@pytest.mark.parametrize("place", ["overlay", "no_rename_of_folders"])
def test_a_damaged_result_is_made_anew(place, request):
    base = request.getfixturevalue(place)
    store = Store(base / "artifacts")
    for path in store.root.glob("c*/*/*.npy"):
        path.write_bytes(path.read_bytes()[:-8])
    assert sum(reason is not None for _, reason in verify_results(store)) == 2
    SCENARIO.run(base)
    assert [reason for _, reason in verify_results(store)] == [None] * 3
    assert SCENARIO.wrong(base) == []
    assert not list(store.root.glob("*/.tmp-*"))
    remove(store, plan_removals(store, [], days=-1))
    assert store.results() == []
