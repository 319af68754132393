"""Trainings, range tests and searches that cannot be."""

from __future__ import annotations

import pytest

from tests.messages.case import (
    SMALL,
    Case,
    check,
    short,
)

TRAINING = [
    Case(
        f"run {SMALL} --batch 1000",
        "error: --batch 1000: expected at most the number of training images, 80; choose a smaller "
        "one, such as --batch 20",
    ),
    Case(
        f"run {SMALL} --lr 1e30",
        "error: training diverged: the loss is no longer finite in epoch 1, step <…>; choose a "
        "smaller --lr, or add --clip 1 or --standardize feature",
    ),
    Case(  # on validation images alone: no batch was seen with the parameters of its only step
        f"run {SMALL} --lr 1e30 --batch 80",
        "error: training diverged: the loss is no longer finite in epoch 1, step 1; choose a "
        "smaller --lr, or add --clip 1 or --standardize feature",
    ),
    Case(
        f"run {SMALL} --components 1025 --whiten zca",
        "error: --components 1025: expected at most the number of features, 1024",
    ),
    Case(
        f"run {SMALL} --val-fraction 0.999",
        "error: --val-fraction 0.999: expected some of the 100 training images to be left for "
        "training, found none; choose a smaller fraction",
    ),
    Case(
        f"run {SMALL} --save .",
        "error: --save: expected the name of a file that can be written, found .: a folder; choose "
        "another",
    ),
]

RANGES = [
    Case(
        "lr-find --lr-from 1 --lr-to 0.1",
        "error: --lr-from 1: expected a rate below --lr-to, found --lr-to 0.1; choose two rates "
        "some powers of ten apart",
    ),
    Case("lr-find --lr-from 0", "error: --lr-from: expected a number above 0, found 0"),
    Case("train --lr-find --lr-steps 9", "error: --lr-steps: expected at least 20, found 9"),
    Case(
        f"train --lr-find {SMALL} --batch 1000",
        "error: --batch 1000: expected at most the number of training images, 80; choose a smaller "
        "one, such as --batch 20",
    ),
    Case(
        f"lr-find {SMALL} --lr-from 1e30 --lr-to 1e35",
        "error: range test: expected a loss that can be followed from --lr-from 1e30 on, found it "
        "lost in step <…>; choose a lower --lr-from",
    ),
    Case(
        "lr-find --plot curve.txt",
        "error: --plot: expected the name of a file that ends in .png, .svg, .pdf, found curve.txt",
    ),
    Case(
        "train --lr-find --plot d.svg",
        "error: --plot: expected the name of a file that can be written, found d.svg: a folder; "
        "choose another",
        {"d.svg": None},
    ),
    Case(
        "search lr",
        "error: search: expected NAME=VALUE,VALUE,…, found 'lr'; for example lr=0.01,0.03,0.1",
    ),
    Case("search lrr=0.1", "error: search: unknown parameter 'lrr'; did you mean lr?"),
    Case(
        "search lr=0.1 lr=0.2",
        "error: search: expected one word for each parameter, found two for lr",
    ),
    Case("search lr=0.1,x", "error: search: lr: expected a number, found 'x'"),
    Case(
        "search lr=0.1..0.01",
        "error: search: lr: expected a range LOW..HIGH of numbers, found 0.1..0.01",
    ),
    Case(
        "search lr=0.01..0.1",
        "error: search: expected at most 10,000 combinations, found a range; draw some of them "
        "with --trials 20",
    ),
    Case(
        "search lr=0.1 --lr 0.2",
        "error: search: expected lr to be given once, found it in what is searched and as a "
        "flag --lr",
    ),
    Case(
        "search workers=1,2",
        "error: search: expected parameters that trainings can be compared in, found workers; "
        "give it as a flag, for all of them",
    ),
    Case(
        "search seed=0..5",
        "error: search: seed: expected seeds, such as seed=0,1,2, found a range",
    ),
    Case(
        "search lr=0.1 --val-fraction 0",
        "error: search: expected validation images to choose by, found --val-fraction 0; give "
        "--val-fraction 0.2",
    ),
    Case(
        "search epochs=1,2 --halving 2",
        "error: search: expected --halving to choose the epochs, found epochs=… too",
    ),
    Case(
        "search lr=0.1 --save .",
        "error: --save: expected the name of a file that can be written, found .: a folder; "
        "choose another",
    ),
    Case(
        "compare abc",
        "error: compare: expected the beginning of one run's name, found 'abc', with which none "
        "begin in <…>artifacts; 'pipeline runs' lists them",
    ),
    Case("compare", "error: <…>RUN RUN…<…> (see 'pipeline compare --help')"),
    Case(
        "train --lr-fin",
        "error: <…>--lr-fin<…> (see 'pipeline train --help')",
    ),
]


@pytest.mark.parametrize("case", [*TRAINING, *RANGES], ids=short)
def test_a_mistake(case, call, tmp_path, monkeypatch):
    check(case, call, tmp_path, monkeypatch)
