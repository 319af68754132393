"""Commands, flags, variables and configuration files that make no sense."""

from __future__ import annotations

import pytest

from tests.messages.case import (
    DATA,
    Case,
    check,
    config,
    short,
)

COMMANDS = [
    Case("rum", "error: <…> (see 'pipeline --help')"),
    Case(
        "run --epoch 3",
        "error: <…>--epoch<…> (see 'pipeline run --help')",
    ),
    Case("explain", "error: <…>STAGE<…> (see 'pipeline explain --help')"),
    Case("explain trian", "error: no stage is named 'trian'; did you mean 'train'?"),
    Case(
        "explain chose",
        "error: no stage is named 'chose'; known: 'download', 'decode', 'preprocess', 'split', "
        "'standardize', 'whiten', 'train', 'lr-find', 'evaluate', 'serialize'",
    ),
    Case(
        "gc --max-size much",
        "error: --max-size: expected a size such as 500MB or 2GB, found 'much'",
    ),
    Case(
        "gc --unused-days nan",
        "error: --unused-days: expected a number of days of at least 0, found nan",
    ),
    Case(
        "run --profile no/file",
        "error: --profile: expected the name of a file that can be written, found no/file: <…>; "
        "choose another",
    ),
    Case("run --executor spark", "error: <…>--executor<…> (see 'pipeline run --help')"),
    Case("run --jobs 0", "error: <…>--jobs<…> (see 'pipeline run --help')"),
    Case("predict", "error: predict: expected image files or --save-samples N, found neither"),
    Case("predict ''", "error: predict: expected names of files, found an empty one"),
    *(
        Case(
            f"{words} --json --csv", "error: expected --json or --csv, found both; give one of them"
        )
        for words in ("predict x.png", "search lr=0.1,0.2", "runs")
    ),
]

VALUES = [
    Case("run --epochs ten", "error: --epochs: expected an integer, found 'ten'"),
    Case("run --epochs 0", "error: --epochs: expected at least 1, found 0"),
    Case("run --lr 0", "error: --lr: expected a number above 0, found 0"),
    Case("run --lr nan", "error: --lr: expected a number, found 'nan'"),
    Case("run --momentum 1", "error: --momentum: expected a number below 1, found 1"),
    Case("run --decay 2", "error: --decay: expected at most 1, found 2"),
    Case(
        "run --hidden 512,,x",
        "error: --hidden: expected integers separated by commas, found '512,,x'",
    ),
    Case("run --workers 0", "error: --workers: expected at least 1, found 0"),
    Case(
        "run --activation rely",
        "error: --activation: expected one of relu, <…>, found 'rely'; did you mean 'relu'?",
    ),
    Case(
        "run --standardize yes",
        "error: --standardize: expected one of <…>none, feature, channel, found 'yes'",
    ),
    Case(
        "run --storage int8",
        "error: --storage: expected one of float32, uint8, found 'int8'; did you mean 'uint8'?",
    ),
    Case(
        "run --whiten zac",
        "error: --whiten: expected one of none, pca, zca, found 'zac'; did you mean 'zca'?",
    ),
    Case("run --damping -1", "error: --damping: expected at least 0, found -1"),
    Case("run --flip both", "error: --flip: expected one of none, random, alternate, found 'both'"),
    Case(
        "run --recipe fasst",
        "error: --recipe: no recipe is named 'fasst'; did you mean 'fast'?; a file of your own is "
        "named with its .toml",
    ),
    Case(
        "plan",
        "error: environment PIPELINE_LR: expected a number, found 'x'",
        environment={"PIPELINE_LR": "x"},
    ),
    Case(
        "run --config no.toml",
        "error: --config: expected a readable file at no.toml: <…>",
    ),
    Case("run --config .", "error: --config: .: expected a file, found a folder; name a file"),
    Case("run --artifacts-dir ''", "error: --artifacts-dir: expected a folder, found nothing"),
    Case(f"run {DATA} --data-dir ''", "error: --data-dir: expected a folder, found nothing"),
    config("lr = 'x'", ", key 'lr': expected a number, found 'x'"),
    config("lrr = 1", ": unknown key 'lrr'; did you mean 'lr'?"),
    config("l-2 = 1\nl_2 = 1", ": unknown key 'l-2'; did you mean 'l2'?"),
    config(
        "val-fraction = 0.1\nval_fraction = 0.1",
        ": key 'val_fraction' is there twice, in two spellings",
    ),
    config(
        "[train]\nlr = 1",
        ": expected keys only, found the table [train]; keys are flat: write its keys at the top "
        "level",
    ),
    config("lr", ": not valid TOML: <…>"),
    config(b"\xff", ": expected UTF-8 text, found another byte at 0"),
    config("a" * 70_000, ": expected at most 65,536 bytes and 100 dots in a line, found more"),
]


@pytest.mark.parametrize("case", [*COMMANDS, *VALUES], ids=short)
def test_a_mistake(case, call, tmp_path, monkeypatch):
    check(case, call, tmp_path, monkeypatch)
