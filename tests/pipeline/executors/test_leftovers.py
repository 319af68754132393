"""Leftovers: what a killed group leaves goes with the next run; what lives stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.executors import leftovers

HOLDER = """
import multiprocessing, sys, tempfile
from pipeline.executors.leftovers import claim
if __name__ == "__main__":
    claim(tempfile.gettempdir())
    lock = multiprocessing.get_context("forkserver").Lock()
    print(multiprocessing.process.current_process()._config["tempdir"], flush=True)
    sys.stdin.read()
"""
SHARING = """
import os, signal, time
from multiprocessing import resource_tracker
from pipeline.events.relay import Relay
if __name__ == "__main__":
    relay = Relay()
    os.kill(resource_tracker._resource_tracker._pid, signal.SIGHUP)
    time.sleep(0.3)
    print(resource_tracker._resource_tracker._check_alive())
    print(relay._lock._semlock.name.startswith("/pl-"))
"""
ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.skipif(not leftovers.SEMAPHORES.is_dir(), reason="needs Linux")


@pytest.mark.parametrize("killed", [True, False])
def test_what_a_dead_process_left(tmp_path, killed):
    (tmp_path / "holder.py").write_text(HOLDER)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "holder.py")],
        **{"env": environment, "text": True, "process_group": 0},
        **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE},
    )
    folder = Path(process.stdout.readline().strip())
    leftovers.sweep(str(tmp_path))
    assert folder.is_dir(), "it lives"
    assert semaphores(folder)
    if killed:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    if killed:
        assert semaphores(folder), "or else there is nothing to sweep"
        leftovers.sweep(str(tmp_path))
    assert not semaphores(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["holder.py"]


@pytest.mark.parametrize("folder", ["short", "a long name of a folder for temporary files" * 2])
@pytest.mark.long
def test_what_is_shared_before_the_first_process_is_kept_track_of_as_the_rest(tmp_path, folder):
    """A closed terminal sends SIGHUP to all: what keeps track of semaphores outlives us."""
    (tmp_path / "sharing.py").write_text(SHARING)
    (tmp_path / folder).mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / folder)}
    ended = subprocess.run(
        [sys.executable, str(tmp_path / "sharing.py")],
        **{"env": environment, "text": True, "capture_output": True, "timeout": 60},
    )
    assert (ended.stdout.split(), ended.stderr) == (["True", "True"], "")


@pytest.mark.parametrize("files", [[], ["notes.txt"], ["notes.txt", ".lock"]])
def test_folders_of_others_stay(tmp_path, files):
    """Of what begins as ours do, and is older than any of ours could be without its lock."""
    place = tmp_path / "pl-projects"
    place.mkdir()
    for name in files:
        (place / name).touch()
    os.utime(place, (0, 0))
    leftovers.sweep(str(tmp_path))
    assert sorted(os.listdir(place)) == sorted(files)


def semaphores(folder: Path) -> list[Path]:
    return list(leftovers.SEMAPHORES.glob(f"sem.{folder.name}-*"))
