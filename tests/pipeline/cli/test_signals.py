"""Signals: SIGTERM and SIGHUP, to the program or to its group, end it as Ctrl-C does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.signals import ending_as_interrupted
from tests.crash.processes import group_is_gone

PROGRAM = """
import sys, time
import click
from pipeline.cli.main import run_cli
from pipeline.executors.processes import ProcessExecutor

@click.command()
def wait():
    with ProcessExecutor(2) as executor:
        for future in [executor.submit(time.sleep, 0.01) for _ in range(2)]:
            future.result()
        print("ready", flush=True)
        try:
            time.sleep(60)
        except BaseException:
            executor.kill()
            raise

if __name__ == "__main__":
    sys.exit(run_cli(click.Group("waiter", {"wait": wait})))
"""
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_to_the_group(tmp_path, number):
    (tmp_path / "waiter.py").write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "waiter.py", "wait"],
        **{"cwd": tmp_path, "env": environment, "text": True, "process_group": 0},
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE},
    )
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "interrupted; run the same command again to go on from here"
    assert group_is_gone(process.pid)
    assert sorted(os.listdir(tmp_path)) == ["waiter.py"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_what_an_interrupt_leaves_half_made_is_no_news(capsys, number):
    """What takes the program apart meets a lock that was not taken yet, a list without its item."""

    @click.command()
    def take_apart():
        try:
            try:
                os.kill(os.getpid(), number)
            finally:
                [].remove("what was to be there")
        except ValueError:
            raise RuntimeError("release unlocked lock") from None

    assert run_cli(click.Group("program", {"apart": take_apart}), ["apart"]) == 130
    assert capsys.readouterr().err.startswith("interrupted; ")


def test_what_was_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending_as_interrupted():
            os.kill(os.getpid(), signal.SIGHUP)
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)
