"""Completion in real shells: the documented line is read, and a key offers what goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.end_to_end.conftest import ROOT

ASK = {  # the documented line; then what the shell does when somebody presses the key for a word
    "bash": """eval "$(pipeline completion bash)"
        COMP_WORDS=(pipeline run --recipe f); COMP_CWORD=3
        "$(complete -p pipeline | grep -o "[^ ]*completion")" pipeline
        printf "%s\\n" "${COMPREPLY[@]}" """,
    "zsh": """compdef() { asked=$1 }
        compadd() { print -l -- $completions }
        eval "$(pipeline completion zsh)"
        words=(pipeline run --recipe f); CURRENT=4
        $asked""",
    "fish": """pipeline completion fish | source
        complete -C "pipeline run --recipe f" """,
}


@pytest.mark.parametrize("shell", ASK)
def test_a_shell_offers_recipes(shell, tmp_path):
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"needs {shell}")
    program = tmp_path / "pipeline"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m stages "$@"\n')
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run([found, "-c", ASK[shell]], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, check=True, timeout=100)  # fmt: skip
    assert done.stdout.split() == ["fast", "fast-dense"]
    assert done.stderr == ""
