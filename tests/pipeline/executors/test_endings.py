"""A stage that ends the program, forks, or goes elsewhere: one line, and the program goes on."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from pipeline import Pipeline, run, stage
from pipeline.errors import OutputError


@stage(outputs=("out",))
def by_sys():
    sys.exit(4)


@stage(outputs=("out",))
def by_os():
    os._exit(3)


@stage(outputs=("out",))
def by_a_cancelled_task():
    raise asyncio.CancelledError


@stage(outputs=("out",), over={"number": [1, 2]})
def of_items(number):
    os._exit(number)


@stage(outputs=("other",))
def other():
    return 1


@stage(outputs=("out",))
def forks():
    pid = os.fork()
    if pid == 0:
        os.write(1, b"child\n")
        return "of the child"
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@stage(outputs=("out",))
def forks_and_fails():
    pid = os.fork()
    if pid == 0:
        raise ValueError("of the child")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@stage(outputs=("out",))
def goes_elsewhere():
    os.chdir("/")
    return os.getcwd()


@pytest.mark.parametrize("executor", ["serial", "thread"])
@pytest.mark.parametrize("ends", [by_sys, by_os, by_a_cancelled_task, of_items])
def test_a_stage_that_ends_the_program_is_named(ends, executor, tmp_path):
    for pipeline in (Pipeline(ends), Pipeline(ends, other)):
        with pytest.raises(OutputError, match=rf"stage {ends.name}: .* ended the program") as found:
            run(pipeline, store=tmp_path, executor=executor)
        assert "\n" not in str(found.value)
    assert "built-in" in repr(os._exit)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_process_that_a_stage_forks_ends_with_it(tmp_path, capfd):
    assert run(Pipeline(forks), store=tmp_path, executor="serial")["out"] == 0
    assert run(Pipeline(forks_and_fails), store=tmp_path, executor="serial")["out"] == 1
    out, err = capfd.readouterr()
    assert out == "child\n"
    assert err.endswith("ValueError: of the child\n")


def test_a_stage_that_goes_to_another_folder_is_brought_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(Pipeline(goes_elsewhere), store="relative")["out"] == "/"
    assert os.getcwd() == str(tmp_path)
