"""Help of every command on one screen; other programs' names lead to ours."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pipeline.cli import mistakes
from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from stages.cifar10 import PROGRAM
from stages.commands import synonyms
from stages.commands.add import add_to
from stages.commands.notes import NOTES
from stages.commands.synonyms import SYNONYMS

GROUP = add_to(make_cli(PROGRAM), PROGRAM)
COMMANDS = GROUP.list_commands(None)
LINES, COLUMNS = 40, 80


def shown(capsys, *arguments: str) -> str:
    assert run_cli(GROUP, arguments) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_it_fits_a_screen(command, capsys):
    help = shown(capsys, *filter(None, [command]), "-h")
    lines = help.splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) < COLUMNS
    if command:
        assert "Example:\n" in help


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_is_a_command_line_that_is_understood(command):
    example = GROUP.made(command).example
    assert f"pipeline {command}" in example
    if command in ("completion", "tag", "compare"):  # of a shell, or about runs that are not there
        return
    words = shlex.split(example.partition(" > ")[0])
    assert words[:2] == ["pipeline", command]
    GROUP.make_context("pipeline", words[1:])
    GROUP.made(command).make_context(command, words[2:])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("run --learning-rate 0.1", "'--lr'"),
        ("run --batch-size 64", "'--batch'"),
        ("run --dropout-rate 0.1", "'--dropout'"),
        ("train --n-epochs 3", "'--epochs'"),
        ("train --hidden-layers 3", "'--hidden'"),
        ("train --n-jobs 3", "'--jobs'"),
        ("evaluate --checkpoint model.json", "'--load'"),
        ("search learning_rate=0.1", "lr?"),
        ("train --val-split 0.1", "'--val-fraction'"),
        ("train -lr 0.1", "'--lr'"),
        ("train -e 3", "'--epochs'"),
        ("report --out page.html", "'--output'"),
        ("serialize --output model.json", "'--save'"),
        ("predict --model model.json cat.png", "'--load'"),
        ("runs --limit 3", "'--last'"),
        ("version", "'pipeline --version'?"),
        ("train --activation rleu", "'relu'"),
        ("train --optimizer AdamW", "'adamw'"),
        ("report --figure curve", "curves"),
        ("list", "'runs'"),
        ("ls", "'runs'"),
        ("clean", "'gc'"),
        ("init", "'config'"),
        ("fit", "'train'"),
        ("lr_find", "'lr-find'"),
    ],
)
def test_other_programs_names_and_near_values(typed, meant, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_cli(GROUP, shlex.split(typed)) == 2
    err = capsys.readouterr().err
    assert f"did you mean {meant}" in err
    assert err.count("\n") == 1


SEARCH = "several values are tried by 'pipeline search "
MISTAKES = [
    ("search --lr 0.1,0.2", SEARCH + "lr=0.1,0.2'"),
    ("search --lr=0.001..0.1", SEARCH + "lr=0.001..0.1 --trials 20'"),
    ("search --hidden 256/512,256", SEARCH + "hidden=256/512,256'"),
    ("search --activation relu,gelu", "found 'relu,gelu'; " + SEARCH + "activation=relu,gelu'"),
    ("search --seed '0, 1'", SEARCH + "seed=0,1'"),
    ("train --lr=1e-3,1e-4", SEARCH + "lr=1e-3,1e-4'"),
    ("run --epochs=5,10", SEARCH + "epochs=5,10'"),
    ("run --lr 0.1 0.2", SEARCH + "lr=0.1,0.2'"),
    ("run lr=0.1,0.2", SEARCH + "lr=0.1,0.2'"),
    ("run lr=0.1", "did you mean --lr 0.1?"),
    ("run batchnorm=false", "did you mean --no-batchnorm?"),
    ("run learning_rate=0.1", "did you mean --lr 0.1?"),
    ("run fast", "did you mean --recipe fast?"),
    ("run adam", "did you mean --optimizer adam?"),
    ("run mine.toml", "did you mean --config mine.toml?"),
    ("evaluate model.json", "did you mean --load model.json?"),
    ("download cifar10", "did you mean --source cifar10?"),
    ("run --hidden 512 256", "did you mean --hidden 512,256?"),
    ("run --epochs --lr 0.1", "--epochs takes a value, and '--lr' was taken for it"),
    ("run --batchnorm true", "--batchnorm takes no value: alone it is on, --no-batchnorm is off"),
    ("run --batchnorm=true", "expected no value, found one; --batchnorm alone is on, --no-batch"),
    ("gc --max-size 1 MB", "quote what has spaces: --max-size '1 MB'"),
    ("config lr", "did you mean --lr? 'pipeline help lr' explains it"),
    ("train help", "did you mean --help?"),
    ("run --epochs", "error: --epochs: expected a value, found nothing"),
    ("run --jobs 3.5", "error: --jobs: expected an integer of at least 1, found '3.5'"),
    ("gc --unused-days x", "error: --unused-days: expected a number, found 'x'"),
    ("runs --sort accuracy", "error: --sort: expected one of written, validation, test, found"),
    ("export --to onnx", "error: expected --load MODEL.json, found nothing"),
    ("train --save m.json", "no flag is named '--save' here; --save is a flag of run, search, ser"),
    ("graph --output g.png", "'--output' here; --output is a flag of report, export, import-gon"),
    ("--lr 0.1 run", "--lr is a flag of run, plan, explain and others; it stands after the comm"),
    ("lr=0.1", "no command is named 'lr=0.1'; --lr is a flag: see 'pipeline help lr'"),
    ("train --resume", "a training resumes by itself: run the same command again"),
    ("train --device cuda", "networks are trained on the CPU, with --workers of its cores"),
    ("search --grid lr=0.1", "values are words: search lr=0.01,0.1 momentum=0.9,0.95"),
    ("predict model.json cat.png", "found 'model.json'; did you mean --load model.json?"),
    ("help nonsense", "no command or flag is named 'nonsense'"),
]


@pytest.mark.parametrize(("typed", "words"), MISTAKES)
def test_what_a_newcomer_types_is_answered(typed, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_cli(GROUP, shlex.split(typed)) == 2
    out, err = capsys.readouterr()
    assert words in err
    assert (out, err.count("\n")) == ("", 1)


def test_help_is_shown_even_with_what_cannot_be_read(capsys):
    assert run_cli(GROUP, ["train", "--learning-rate", "0.1", "--help"]) == 2
    out, err = capsys.readouterr()
    assert "Usage: pipeline train" in out
    assert "did you mean '--lr'" in err


def test_help_of_a_word(capsys):
    assert shown(capsys, "help") == shown(capsys, "-h")
    assert shown(capsys, "help", "fit").startswith("Usage: pipeline train")
    assert shown(capsys, "help", "batch-size").splitlines()[:3] == [
        "--batch N",
        "  images per step [default: 64]",
        "  in a file for --config: batch = 64; variable: PIPELINE_BATCH",
    ]
    found = shown(capsys, "help", "--save")  # of two meanings
    assert "also write the model to FILE\n  a flag of run, serialize" in found
    assert "for --config\n  a flag of search" in found


def test_a_recipe_says_what_it_sets(capsys):
    found = shown(capsys, "recipes", "fast-dense")
    assert found.startswith("# the most of a fully connected network in a minute")
    assert '\nactivation   = "gelu"\n' in found
    assert "pipeline run --recipe fast-dense" in found
    assert run_cli(GROUP, ["recipes", "fasst"]) == 2
    assert "did you mean 'fast'?" in capsys.readouterr().err


def test_each_note_is_about_a_flag_that_is_not_there():
    made = [GROUP.made(command) for command in COMMANDS]
    flags = {option.name for command in made for option in mistakes.shown(command)}
    assert not set(NOTES) & flags


def test_each_synonym_leads_to_a_command_or_a_flag():
    flags = {
        option.name
        for command in COMMANDS
        for option in GROUP.made(command).params
        if not getattr(option, "hidden", False)
    }
    names = {name.replace("-", "_") for name in COMMANDS} | flags
    assert set(SYNONYMS.values()) <= names
    assert not set(SYNONYMS) & {name.replace("-", "_") for name in COMMANDS}


def test_no_synonym_stands_twice():  # a dict keeps the last of two equal keys in silence
    source = Path(synonyms.__file__).read_text("utf-8")
    names = re.findall(r'"(\w+)"', re.sub(r'\), ?"\w+"\)|^ +"\w+",$', ")", source, flags=re.M))
    assert sorted(names) == sorted(set(names))
    assert set(names) == set(SYNONYMS)


def test_flags_of_a_group_stand_together(capsys):
    text = " ".join(shown(capsys, "train", "-h").split())
    assert "Inputs --contrast --standardize Whitening" in text
    assert "--precision --init --local Batches" in text
    assert "--mixup --flip Selection" in text
