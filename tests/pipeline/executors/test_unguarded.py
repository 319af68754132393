"""Programs that run at their top level, which their own workers import: one line, at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.executors.processes import start_context

FLOW = """
from pipeline import Pipeline, stage

@stage(outputs=("out",), over={"x": [1, 2]})
def double(x):
    return 2 * x

PIPELINE = Pipeline(double)
"""
CALL = 'print([*run(PIPELINE, store="store", executor={executor})["out"]])'
POOL = 'ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("{start}"))'
HEAD = """import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from flow import PIPELINE
from pipeline import run
"""


def program(folder: Path, call: str) -> subprocess.CompletedProcess[str]:
    (folder / "flow.py").write_text(FLOW)
    (folder / "main.py").write_text(HEAD + call)
    home = str(Path(__file__).parents[3])
    return subprocess.run(
        [sys.executable, "main.py"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": home},
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.mark.parametrize("executor", ['"process"', POOL.format(start="spawn")])
@pytest.mark.long
def test_a_program_without_a_guard_is_one_line(tmp_path, executor):
    done = program(tmp_path, CALL.format(executor=executor))
    assert done.returncode == 1
    assert "ExecutorError: expected `run` below `if __name__ ==" in done.stderr
    assert done.stderr.count("Traceback") == 1, "that of the program itself"
    call = CALL.format(executor=executor)
    guarded = program(tmp_path, f'if __name__ == "__main__":\n    {call}')
    assert (guarded.returncode, guarded.stdout) == (0, "[2, 4]\n"), guarded.stderr


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_program_that_was_forked_has_a_server_of_its_own(tmp_path):
    start_context()  # which is the parent's
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            process = start_context().Process(target=os.getpid)
            process.start()
            process.join()
            code = process.exitcode
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
