"""What `config` prints is a file that every command takes, and `--init` one to edit."""

from __future__ import annotations

import re
import tomllib

import pytest

from pipeline.cli.program import make_cli
from stages.cifar10 import PIPELINE, PROGRAM
from stages.commands.add import add_to

GROUP = add_to(make_cli(PROGRAM), PROGRAM)
PLAIN = ("runs", "doctor", "recipes", "graph", "completion bash")  # they take no --config
DRY = ("run", "predict --save-samples 1", "search lr=0.1,0.2", "gc", "lr-find")  # of all kinds


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_every_command_takes_what_config_prints(call, folder, monkeypatch):
    _, out, _ = call("config --source synthetic --lr 0.02 --whiten pca --components 12")
    (folder / "c.toml").write_text(out)
    for command in DRY:
        status, _, err = call(f"{command} --dry-run --config c.toml --quiet")
        assert (status, err) == (0, ""), command
    monkeypatch.setenv("PIPELINE_CONFIG", "c.toml")
    for command in (*PLAIN, "config", "explain split", "verify", "plan"):
        status, _, err = call(command)
        assert (status, err) == (0, ""), command


def test_every_command_that_runs_stages_takes_a_file():
    takes = {
        name
        for name in GROUP.list_commands(None)
        if "config" in {option.name for option in GROUP.made(name).params}
    }
    others = {*(word.split()[0] for word in PLAIN), "export", "import-gon", "compare", "tag"}
    assert takes == set(GROUP.list_commands(None)) - others


def test_a_file_to_edit_has_every_parameter_and_works_uncommented(call, folder, document):
    _, out, _ = call("config --init")
    assert tomllib.loads(out) == {}
    assert max(map(len, out.splitlines())) <= 80
    (folder / "all.toml").write_text(re.sub(r"(?m)^#(?=\w+ = )", "", out))
    found = tomllib.loads((folder / "all.toml").read_text())
    assert set(PIPELINE.parameters) <= set(found)
    settings, before = document("config --config all.toml"), document("config")
    assert {name: s["value"] for name, s in settings.items()} == {
        name: s["value"] for name, s in before.items()
    }
    text = " ".join(out.replace("\n# ", " ").split())
    assert "momentum of the gradient (a number, at least 0, below 1) #momentum = 0.9" in text
    assert '(one of "float32", "uint8")' in text
    assert re.search(r"-- Optimizer --", out)


def test_what_is_chosen_is_set_in_the_file(call):
    _, out, _ = call("config --init --recipe fast --lr 0.3")
    found = tomllib.loads(out)
    assert found["lr"] == 0.3
    assert found["batch"] == 512
    assert "seed" not in found
    assert "lr = 0.3  # flag --lr" in out


def test_the_parameter_of_that_name_can_still_be_given(document):
    assert document("config --init first.json")["init"]["value"] == "first.json"


def test_a_recipe_of_ones_own_is_a_file(call, folder, document):
    (folder / "mine.toml").write_text('description = "mine"\nlr = 0.5\nepochs = 3\n')
    found = document("config --recipe mine.toml --epochs 4")
    assert (found["lr"]["value"], found["lr"]["origin"]) == (0.5, "recipe mine.toml")
    assert found["epochs"]["value"] == 4
    assert document("config --recipe ./mine.toml")["lr"]["value"] == 0.5
    (folder / "other.toml").write_text("lr = 0.7\n")
    assert document("config --recipe mine.toml --config other.toml")["lr"]["value"] == 0.7
    status, _, err = call("config --recipe none.toml")
    assert status == 2
    assert err.startswith("error: --recipe: expected a readable file at none.toml: No such file")
    assert "no recipe is named 'fst'; did you mean 'fast'?; a file" in call("plan --recipe fst")[2]
