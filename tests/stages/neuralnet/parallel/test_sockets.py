"""Sockets of workers have short names, however long the name of TMPDIR is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
OURS = "from pipeline.executors.processes import ProcessExecutor as pool"
LIBRARY = "from stages.neuralnet.parallel.executors import process_pool as pool"


@pytest.mark.parametrize("imports", [OURS, LIBRARY], ids=["framework", "library"])
@pytest.mark.long
def test_workers_start_where_temporary_files_have_long_names(tmp_path, imports):
    long = tmp_path / ("x" * 100)
    long.mkdir()
    code = f"{imports}\nwith pool(1) as workers: print(workers.submit(abs, -1).result())"
    environment = {**os.environ, "TMPDIR": str(long), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment)
    assert (done.stdout, done.stderr) == (b"1\n", b"")
    assert not list(long.iterdir())
