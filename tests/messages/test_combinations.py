"""Options that do not go together: refused before anything runs, by `--dry-run`, too."""

from __future__ import annotations

import pytest

from tests.messages.case import SMALL, Case, check, short

COMBINATIONS = [
    Case(
        f"run {SMALL} --batchnorm --layernorm",
        "error: --batchnorm and --layernorm: expected at most one of them, found both; drop one",
    ),
    Case(
        f"run {SMALL} --batchnorm --batch 1 --dry-run",
        "error: --batchnorm: expected --batch 2 or more, of which it can take a variance, found "
        "--batch 1; choose a larger one, or --layernorm",
    ),
    Case(
        f"run {SMALL} --nesterov --momentum 0",
        "error: --nesterov: expected a --momentum above 0 beside it, found --momentum 0; leave one "
        "out",
    ),
    Case(
        f"run {SMALL} --damping 0.5",
        "error: --damping 0.5: expected --whiten pca or zca beside it, found --whiten none; choose "
        "one of them, or leave it out",
    ),
    Case(
        f"run {SMALL} --optimizer adam --nesterov",
        "error: --nesterov: expected --optimizer sgd beside it, found --optimizer adam, which has "
        "no use for it; leave one of them out",
    ),
    Case(
        f"run {SMALL} --epochs 2 --schedule cosine --warmup 3",
        "error: --warmup 3: expected fewer epochs than all 2 (--epochs), found no fewer; choose a "
        "shorter warm-up or more epochs",
    ),
    Case(
        f"run {SMALL} --beta2 0.9",
        "error: --beta2: expected --optimizer adam or adamw or lion or muon beside it, found "
        "--optimizer sgd, which has no use for it; leave one of them out",
    ),
    Case(
        f"run {SMALL} --schedule cosine --decay 0.5",
        "error: --decay 0.5: expected --schedule exponential or step beside it, found --schedule "
        "cosine, which has no use for it; leave one of them out",
    ),
    Case(
        f"run {SMALL} --refine 2",
        "error: --refine 2: expected at most all 1 epochs (--epochs), found more; choose fewer of "
        "them or more epochs",
    ),
    Case(
        f"run {SMALL} --refine 1",
        "error: --refine 1: expected one of --rotate, --zoom, --jitter, --cutout, --mixup to leave "
        "out at the end, found none; add one of them, or --refine 0",
    ),
    Case(
        f"run {SMALL} --patience 2 --val-fraction 0",
        "error: --patience 2: expected validation images to stop by, found --val-fraction 0; give "
        "--val-fraction 0.2, or --patience 0",
    ),
    Case(
        f"run {SMALL} --components 8",
        "error: --components 8: expected --whiten pca or zca beside it, found --whiten none; "
        "choose one of them, or --components 0",
    ),
    Case(
        f"lr-find {SMALL} --lr-from 1 --lr-to 1 --dry-run",
        "error: --lr-from 1: expected a rate below --lr-to, found --lr-to 1; choose two rates some "
        "powers of ten apart",
    ),
    Case(
        f"lr-find {SMALL} --batchnorm --batch 1 --dry-run",
        "error: --batchnorm: expected --batch 2 or more, of which it can take a variance, found "
        "--batch 1; choose a larger one, or --layernorm",
    ),
]


@pytest.mark.parametrize("case", COMBINATIONS, ids=short)
def test_what_does_not_go_together(case, call, tmp_path, monkeypatch):
    check(case, call, tmp_path, monkeypatch)
