"""What needs more than a file: signals, other programs, packages that are not there."""

from __future__ import annotations

import errno
import sys
from concurrent.futures.process import BrokenProcessPool
from unittest import mock

import pytest

from tests.messages.case import (
    SHA,
    SMALL,
    TAR,
    changed,
    fits,
    too_large,
)
from tests.stages import datasets
from tests.stages.http_server import Answer, serving

INTERRUPTED = "interrupted; run the same command again to go on from here"

REFUSED_FILE = (
    "error: a/manifest.json: expected what may be read, found: <…>; change its "
    "permissions or choose another folder"
)

BROKEN_DISK = (
    "error: a/manifest.json: expected a disk that works, found: <…>; see to the "
    "disk, then run the same command again"
)

FULL_OUTPUT = (
    "error: stdout: expected space to write, found: <…>; free some space, then "
    "run the same command again"
)

NO_MEMORY = (
    "error: expected memory for what was asked, found too little (none is left); ask for less"
)

NO_WORKER = (
    "error: training: expected the workers to go on, found one that was killed, perhaps for lack "
    "of memory; run the same command again to resume from the last saved state, or choose fewer "
    "--workers"
)

NO_PILLOW = (
    "error: images need Pillow, which is not installed; install it with: pip install "
    "'cifar-pipeline[pictures]'"
)

NO_MATPLOTLIB = (
    "error: --plot needs Matplotlib, which is not installed; install it with: pip install "
    "'cifar-pipeline[pictures]'"
)

NO_MATPLOTLIB_HERE = (
    "error: --plot: png needs Matplotlib, which is not installed; install it with: pip install "
    "'cifar-pipeline[pictures]', or give the name of an .svg file"
)
NO_ONNX = (
    "error: export --to onnx needs the package onnx, which is not installed; install it with: pip "
    "install 'cifar-pipeline[onnx]'"
)
MANY_PIXELS = "error: x.png: expected at most <…> pixels, found <…> × <…>; make it smaller"

OVERFLOW = (
    "error: x.png: expected probabilities from the model, found numbers that overflow: its "
    "parameters are too large; train it again, or use another model"
)

NO_ANSWER = (
    "error: <…>-dataset.tar.gz could not be downloaded in 1 attempt: 127.0.0.1:<…> answered HTTP "
    "404<…>; nothing was received; run the same command again to go on, or use --source "
    "PATH with a copy from elsewhere, or --source synthetic"
)

OTHER_FILE = (
    f"error: <…>-dataset.tar.gz: expected SHA-256 {SHA}, found <…>; remove the file to download it "
    "again, or name it with --source to use it as it is"
)

NO_IMAGES = (
    "--flip, --shift, --rotate, --zoom, --jitter, --cutout and --mixup: expected features that "
    "are the pixels of images, found others; leave these flags out"
)

NO_PIXELS = (
    "error: <…>: expected features that are the pixels of images of the dataset's shape, found "
    "others; leave it out"
)

NO_SHAPE = (
    "error: model.json: expected features that are the pixels of images <…>, found <…> numbers; "
    'name the shape of your images in the record of the dataset: "shape": [channels, height, width]'
)


@pytest.mark.parametrize(
    ("error", "message", "expected"),
    [
        (KeyboardInterrupt, INTERRUPTED, 130),
        (MemoryError, NO_MEMORY, 2),
        (PermissionError(errno.EACCES, "Permission denied", "a/manifest.json"), REFUSED_FILE, 2),
        (OSError(errno.EIO, "Input/output error", "a/manifest.json"), BROKEN_DISK, 1),
        (OSError(errno.ENOSPC, "No space left on device"), FULL_OUTPUT, 2),
    ],
)
def test_an_end_from_outside(call, monkeypatch, error, message, expected):
    monkeypatch.setattr("pipeline.cli.main._let_output_go", lambda: None)
    monkeypatch.setattr("pipeline.cli.session.run", mock.Mock(side_effect=error))
    status, line = call(f"run {SMALL}")
    assert fits(message, line), line
    assert status == expected


def test_a_worker_that_is_killed(call, monkeypatch):
    monkeypatch.setattr("stages.neuralnet.Trainer.run", mock.Mock(side_effect=BrokenProcessPool))
    status, line = call(f"run {SMALL} --lr 0.3")
    assert fits(NO_WORKER, line), line
    assert status == 2


def test_pictures(call, tmp_path, monkeypatch):
    pillow = pytest.importorskip("PIL.Image")
    (tmp_path / "m.json").write_text(too_large())
    pillow.new("RGB", (4, 4)).save(tmp_path / "x.png")
    assert fits(OVERFLOW, call("predict --load m.json x.png")[1])
    monkeypatch.setattr("stages.dataset.formats.images.MAX_PIXELS", 10)
    assert fits(MANY_PIXELS, call("predict --load m.json x.png")[1])
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert fits(NO_PILLOW, call("predict --load m.json x.png")[1])


@pytest.mark.parametrize(
    ("package", "command", "message"),
    [
        ("matplotlib", "lr-find --plot curve.png", NO_MATPLOTLIB),
        ("matplotlib", "report --plot curve.png", NO_MATPLOTLIB_HERE),
        ("onnx", "export --load m.json --to onnx --output m.onnx", NO_ONNX),
    ],
)
def test_a_package_that_is_not_installed(call, monkeypatch, tmp_path, package, command, message):
    (tmp_path / "m.json").write_text(changed())
    monkeypatch.setitem(sys.modules, package, None)
    status, line = call(command)
    assert fits(message, line), line
    assert status == 2


def test_downloads(call, monkeypatch):
    monkeypatch.setenv("PIPELINE_DATA_DIR", "d")
    content = datasets.gz(TAR)
    with serving(content, Answer(status=404)) as server:
        status, line = call(f"run --source {server.url}")
        assert fits(NO_ANSWER, line), line
        assert status == 2
    with serving(content) as server:
        with pytest.raises(AssertionError):  # it has something to say on stdout
            call(f"download --source {server.url}")
        status, line = call(f"download --source {server.url} --sha256 {SHA}")
        assert fits(OTHER_FILE, line), line
        assert status == 2
