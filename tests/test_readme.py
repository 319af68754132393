"""The pages: every command and every program in them works."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from pipeline.names import flag
from stages.cifar10 import PIPELINE, PROGRAM
from stages.commands.add import add_to
from tests import sources

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for folder in (ROOT, ROOT / "pipeline", ROOT / "stages", ROOT / "tests")
    for path in sorted(folder.glob("*.md" if folder == ROOT else "**/*.md"))
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
}
TARGETS = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
PROGRAMS = [
    pytest.param(program, id=f"{page}-{number}")
    for page, text in PAGES.items()
    for number, program in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
]


def commands(page: str) -> list[str]:
    """What is typed in a page's consoles."""
    consoles = "\n".join(re.findall(r"```console\n(.*?)```", PAGES[page], re.DOTALL))
    return re.findall(r"^\$ (.*)$", consoles, re.MULTILINE)


@pytest.mark.long
@pytest.mark.parametrize("page", ["README.md", "stages/README.md"])
def test_every_pipeline_command_works(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, value in {"SOURCE": "synthetic", "SYNTHETIC_SIZE": "300", "HIDDEN": "16"}.items():
        monkeypatch.setenv(f"PIPELINE_{name}", value)
    monkeypatch.setenv("PIPELINE_BATCH", "50")
    sources.known_here(monkeypatch)
    group = add_to(make_cli(PROGRAM), PROGRAM)
    typed = [shlex.split(line)[1:] for line in commands(page) if line.startswith("pipeline ")]
    assert len(typed) > 7
    for arguments in typed:
        assert run_cli(group, arguments) == 0, (arguments, capsys.readouterr().err)
        assert capsys.readouterr().out


def test_every_make_target_is_there():
    for page, text in PAGES.items():
        named = [line.split()[1] for line in commands(page) if line.startswith("make ")]
        assert set(named) <= set(TARGETS), page
        assert set(re.findall(r"`make ([a-z-]+)`", text)) <= set(TARGETS), page
    assert {"make all", "make test"} <= set(commands("README.md"))


def test_what_make_all_ends_with_is_understood():
    """Its commands as they are printed; the third is a page, whose name it looks up."""
    text = subprocess.run(["make", "-n", "all", "SOURCE=synthetic", "EPOCHS=2"], cwd=ROOT,
                          capture_output=True, text=True, check=True).stdout  # fmt: skip
    text = text[text.index("Three things to try") :]
    assert "artifacts/reports/*.html" in text
    group = add_to(make_cli(PROGRAM), PROGRAM)
    typed = [shlex.split(line) for line in re.findall(r'bin/pipeline (.*)"', text)]
    assert [words[0] for words in typed] == ["predict", "run"]
    for name, *arguments in typed:
        group.made(name).make_context(name, arguments)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_runs(program, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pipeline.store.serializers._registered", {})  # a page's are its own
    file = tmp_path / "page.py"
    file.write_text(program)
    runpy.run_path(str(file), run_name="page")


def test_every_link_leads_somewhere():
    for page, text in PAGES.items():
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if "://" not in target:
                assert ((ROOT / page).parent / target).exists(), (page, target)


@pytest.mark.parametrize(
    "folder",
    ["pipeline", "pipeline/code", "stages/commands/report", "stages/modelfile", "stages/neuralnet"],
)
def test_a_page_that_lists_its_folder_names_every_file(folder):
    page = PAGES[f"{folder}/README.md"]
    for file in (ROOT / folder).glob("[!_]*.py"):
        assert re.search(rf"\b{file.name}\b", page), (folder, file.name)


def test_the_readme_is_two_screens_and_a_map():
    assert len(README.encode()) <= 14_000


def test_every_command_is_in_the_table():
    group = add_to(make_cli(PROGRAM), PROGRAM)
    table = README[README.index("## Commands") : README.index("## How the data flows")]
    for name in group.list_commands(None):
        assert f"`{name}" in table, name


def test_every_stage_is_in_the_table_of_commands():
    assert "`" + "` `".join(stage.name for stage in PIPELINE.upstream()) + "`" in README


def test_every_component_of_a_training_is_in_its_table():
    page = PAGES["stages/README.md"]
    table = page[page.index("## Components of a training") : page.index("## Finding a rate")]
    parameters = PIPELINE.stages["train"].parameters
    for name in parameters.keys() - {"seed", "workers"}:
        assert f"`{flag(name)}" in table, name
    for name in ("activation", "optimizer", "schedule"):
        assert f"`{flag(name)}` ({', '.join(parameters[name].option.choices)})" in table


def test_make_all_brings_what_opens_photographs():
    targets = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(r"^all: \.venv/core\b", targets, re.MULTILINE)
    assert re.search(r"^\.venv/core:.*\n.*-e '\.\[pictures\]'", targets, re.MULTILINE)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert any(name.startswith("pillow") for name in extras["optional-dependencies"]["pictures"])
