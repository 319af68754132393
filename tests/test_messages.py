"""Every error message that a user can meet, and the status that comes with it.

Each is provoked by the real command line and compared to the letter. `<…>` stands for what differs
from machine to machine, `{here}` for the folder of the test. What is wrong inside a file, and what
servers do, is in test_messages_inside.py; there, the last test looks for messages in the sources
that no case provokes.
"""

from __future__ import annotations

import errno
import json
import re
import resource
import shlex
import shutil
import sys
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from stages.cifar10 import PROGRAM
from stages.commands.add import add_to
from tests.pipeline.store.test_store import flip
from tests.stages import datasets, models
from tests.stages.http_server import Answer, serving

ROOT = Path(__file__).parent.parent
SMALL = "--source synthetic --synthetic-size 100 --batch 20 --hidden 8 --epochs 1"
DATA = "--source synthetic --synthetic-size 100"
SHA = "0" * 64
LAYOUT = "the file is cut or not in CIFAR-10's binary layout"
Files = dict[str, bytes | str | None]


@dataclass(frozen=True)
class Case:
    """A command line in a folder with some files (None: a folder), and the line it ends with."""

    command: str
    message: str
    files: Files = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    status: int = 2


def config(text: str | bytes, message: str) -> Case:
    return Case("run --config c.toml", f"error: c.toml{message}", {"c.toml": text})


def folder(message: str, **changes: bytes | None) -> Case:
    content: Files = {**datasets.files()}
    content |= {name.replace("__", "."): data for name, data in changes.items()}
    return Case("decode --source .", f"error: {{here}}/{message}", content)


def archive(data: bytes, message: str) -> Case:
    return Case("decode --source a.tar", f"error: {{here}}/a.tar: {message}", {"a.tar": data})


def saved(text: str | bytes, message: str) -> Case:
    files: Files = {"m.json": text}
    return Case(
        f"run {DATA} --load m.json", f"error: m.json: not a valid model file: {message}", files
    )


def changed(**fields: object) -> str:
    document = models.model(shape=(3, 32, 32)).to_document()
    return json.dumps({**document, **fields})


def ten_classes() -> object:
    made = models.model(shape=(3, 32, 32), classes=tuple("abcdefghij"))
    return made.to_document()["layers"]


def too_large() -> str:
    made = models.model(shape=(3, 32, 32), classes=tuple("abcdefghij"))
    made.network.parameters[:] = 3e38
    made.network.parameters[::3] = -3e38
    return json.dumps(made.to_document())


COMMANDS = [
    Case("rum", "error: No such command 'rum'. Did you mean 'run'? (see 'pipeline --help')"),
    Case(
        "run --epoch 3",
        "error: No such option '--epoch'. Did you mean '--epochs'? (see 'pipeline run --help')",
    ),
    Case("explain", "error: Missing argument 'STAGE'. (see 'pipeline explain --help')"),
    Case("explain trian", "error: no stage is named 'trian'; did you mean 'train'?"),
    Case(
        "explain chose",
        "error: no stage is named 'chose'; known: download, decode, preprocess, split, "
        "standardize, whiten, train, lr-find, evaluate, serialize",
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
        "error: --profile: expected the name of a file that can be written, found no/file: No such "
        "file or directory; choose another",
    ),
    Case("predict", "error: predict: expected image files or --save-samples N, found neither"),
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
        "error: --activation: expected one of relu, leaky_relu, elu, gelu, silu, sigmoid, tanh, "
        "linear, found 'rely'",
    ),
    Case(
        "run --standardize yes",
        "error: --standardize: expected one of none, feature, channel, found 'yes'",
    ),
    Case("run --storage int8", "error: --storage: expected one of float32, uint8, found 'int8'"),
    Case("run --whiten zac", "error: --whiten: expected one of none, pca, zca, found 'zac'"),
    Case("run --damping -1", "error: --damping: expected at least 0, found -1"),
    Case("run --flip both", "error: --flip: expected one of none, random, alternate, found 'both'"),
    Case("run --recipe fasst", "error: --recipe: no recipe is named 'fasst'; <…>"),
    Case(
        "plan",
        "error: environment: unknown variable PIPELINE_LRR; did you mean PIPELINE_LR?",
        environment={"PIPELINE_LRR": "1"},
    ),
    Case(
        "plan",
        "error: environment PIPELINE_LR: expected a number, found 'x'",
        environment={"PIPELINE_LR": "x"},
    ),
    Case(
        "run --config no.toml",
        "error: --config: expected a readable file at no.toml: No such file or directory",
    ),
    Case("run --config .", "error: --config: expected a file, found something else: ."),
    Case("run --artifacts-dir ''", "error: --artifacts-dir: expected a folder, found nothing"),
    Case(f"run {DATA} --data-dir ''", "error: --data-dir: expected a folder, found nothing"),
    config("lr = 'x'", ", key 'lr': expected a number, found 'x'"),
    config("lrr = 1", ": unknown key 'lrr'; did you mean 'lr'?"),
    config("l-2 = 1\nl_2 = 1", ": unknown key 'l-2'; did you mean 'l2'?"),
    config(
        "val-fraction = 0.1\nval_fraction = 0.1",
        ": key 'val_fraction' is there twice, with '-' and with '_'",
    ),
    config(
        "[train]\nlr = 1",
        ": expected keys only, found the table [train]; keys are flat: write its keys at the top "
        "level",
    ),
    config("lr", ": not valid TOML: Expected '=' after a key in a key/value pair (at <…>)"),
    config(b"\xff", ": expected UTF-8 text, found another byte at 0"),
    config("a" * 70_000, ": expected at most 65,536 bytes and 100 dots in a line, found more"),
]

SOURCES = [
    Case(
        "run --source nowhere",
        "error: --source: expected auto, cifar10, synthetic, a URL or a path, found nowhere (No "
        "such file or directory); check the path",
    ),
    Case(
        "run --source cifar",
        "error: --source: expected auto, cifar10, synthetic, a URL or a path, found cifar (No such "
        "file or directory); did you mean cifar10?",
    ),
    Case(
        "run --source ftp://host/x",
        "error: --source: expected a URL like https://host/archive.tar.gz, found 'ftp://host/x'",
    ),
    Case(
        "run --source a.tar --sha256 xyz",
        "error: --sha256: expected 64 hexadecimal digits, found 'xyz'",
        {"a.tar": b""},
    ),
    Case(
        f"run --source a.tar --sha256 {SHA}",
        f"error: a.tar: expected SHA-256 {SHA}, found e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b9"
        "34ca495991b7852b855; get the file again, or correct --sha256",
        {"a.tar": b""},
    ),
    Case(
        f"run --source . --sha256 {SHA}",
        "error: --sha256: expected an archive or a URL in --source, found the folder .; leave "
        "--sha256 out",
    ),
    Case(
        "run --source .",
        "error: .: expected data_batch_1.bin … and test_batch.bin, found nothing; use an archive "
        "or a folder in CIFAR-10's binary layout",
    ),
    Case(
        "run --source .",
        "error: .: expected data_batch_1.bin … and test_batch.bin, found data_batch_1; this is "
        "CIFAR-10's Python version, whose pickles may run code; use the binary version: --source "
        "cifar10",
        {"data_batch_1": b""},
    ),
    Case(
        "run --source .",
        "error: expected a file, found something else: {here}/test_batch.bin",
        {"data_batch_1.bin": b"", "test_batch.bin": None},
    ),
    folder(
        "data_batch_1.bin: expected a multiple of 3,073 bytes (records of 1 label and 3,072 pixels)"
        f", found an empty file; {LAYOUT}",
        data_batch_1__bin=b"",
    ),
    folder(
        "data_batch_1.bin: expected a multiple of 3,073 bytes (records of 1 label and 3,072 pixels)"
        f", found 4 bytes; {LAYOUT}",
        data_batch_1__bin=b"1234",
    ),
    folder(
        "data_batch_1.bin: expected labels from 0 to 9, found 11 in record 1 (the first is 0); the "
        "file is damaged or not in CIFAR-10's binary layout",
        data_batch_1__bin=bytes(3073) + b"\x0b" * 3073,
    ),
    folder(
        "batches.meta.txt: expected 10 different class names of at most 50 characters, one a line, "
        "found 2: a, a; correct the file or remove it",
        batches__meta__txt=b"a\na\n",
    ),
    folder(
        "batches.meta.txt: expected at most 4,096 bytes of class names, found 5,000; correct the "
        "file or remove it",
        batches__meta__txt=b"a" * 5000,
    ),
]


def _link() -> bytes:
    info = tarfile.TarInfo("x/data_batch_1.bin")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return datasets.tar({"data_batch_1.bin": info})


def _many() -> bytes:
    info = tarfile.TarInfo("data_batch_1.bin")
    info.size = 3073 * 10_000_001
    return info.tobuf() + bytes(2000)


TAR = datasets.tar(datasets.files())
WANTED = "expected an archive (.tar, .tar.gz, .tar.bz2 or .tar.xz), found"
AGAIN = "check where it comes from and get it again"
ARCHIVES = [
    archive(b"", f"{WANTED} an empty file; {AGAIN}"),
    archive(b"<html>", f"{WANTED} a web page (HTML or XML); {AGAIN}"),
    archive(b"x" * 3000, f"{WANTED} something else; {AGAIN}"),
    archive(
        datasets.gz(TAR)[:-2000],
        "the compressed bytes are cut or damaged (they end too early); get the archive again",
    ),
    archive(
        TAR[: 512 + 9219 // 2],
        "cifar-10-batches-bin/data_batch_1.bin: expected 9,219 bytes, found the end before; get it "
        "again",
    ),
    archive(
        datasets.gz(b"x" * 3000),
        "expected a whole tar archive, with the header of a member at byte 512, found something "
        "else: it is damaged; get the archive again",
    ),
    archive(
        datasets.tar({"a.bin": b"1"}),
        "expected data_batch_1.bin … and test_batch.bin, found a.bin; use an archive or a folder "
        "in CIFAR-10's binary layout",
    ),
    archive(
        _link(),
        "x/data_batch_1.bin: expected a file, found a link, a folder or the like; use another "
        "archive",
    ),
    archive(
        TAR[:-10240] + TAR,
        "cifar-10-batches-bin/data_batch_1.bin: expected one data_batch_1.bin in the archive, "
        "found two; use another archive",
    ),
    archive(
        _many(),
        "data_batch_1.bin: expected at most 10,000,000 records, found 10,000,001; use a smaller "
        "dataset",
    ),
]

TRAINING = [
    Case(
        f"run {SMALL} --batch 1000",
        "error: --batch 1000: expected at most the number of training images, 80",
    ),
    Case(
        f"run {SMALL} --batchnorm --layernorm",
        "error: --batchnorm and --layernorm: expected at most one of them, found both; drop one",
    ),
    Case(
        f"run {SMALL} --optimizer adam --nesterov",
        "error: --optimizer adam: options of adam: expected one of momentum, beta2, eps, l2, "
        "weight_decay, found 'nesterov'",
    ),
    Case(
        f"run {SMALL} --epochs 2 --schedule cosine --warmup 3",
        "error: --schedule cosine: warmup: expected a number of epochs from 0, fewer than all 2, "
        "found 3.0",
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
        f"run {SMALL} --components 8",
        "error: --components 8: expected --whiten pca or zca beside it, found --whiten none; "
        "choose one of them, or --components 0",
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
        "error: --batch 1000: expected at most the number of training images, 80",
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
        "search",
        "error: Missing argument 'NAME=VALUES…'. (see 'pipeline search --help')",
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
    Case("compare", "error: Missing argument 'RUN RUN…'. (see 'pipeline compare --help')"),
    Case(
        "train --lr-fin",
        "error: No such option '--lr-fin'. <…> (see 'pipeline train --help')",
    ),
]

MODELS = [
    Case(
        f"run {DATA} --load none.json",
        "error: expected a readable file at none.json: No such file or directory",
    ),
    Case(
        f"run {DATA} --load ''", "error: --load: expected the path of a model file, found nothing"
    ),
    saved("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    saved("[]", "expected a model, found an array"),
    saved('{"a": NaN}', "expected finite numbers, found NaN"),
    saved(changed(version=99), "expected version 1, 2 or 3, found 99; a newer program may read it"),
    saved(
        changed(input={"shape": [1, 2]}),
        "input.shape: expected [3, height, width], found [1, 2]",
    ),
    Case(
        f"run {DATA} --load m.json",
        "error: --load: expected a model of 1024 features, as these images have, found one of 6; "
        "give no --color or --no-color beside --load",
        {"m.json": json.dumps(models.model().to_document())},
    ),
    Case(
        f"run {DATA} --load m.json",
        "error: --load: expected a model of 10 classes, as these images have, found one of 3; load "
        "a model of this dataset",
        {"m.json": changed()},
    ),
    Case(
        f"run {DATA} --load m.json",
        "error: expected a finite validation loss, found <…>: the parameters of the network are "
        "too large; train it again with a smaller --lr, or load another",
        {"m.json": too_large()},
    ),
    Case(
        f"run {DATA} --load m.json --contrast",
        "error: --load: expected contrast false, as the model was trained with, found true; leave "
        "contrast to the model",
        {"m.json": changed(classes=list("abcdefghij"), layers=ten_classes())},
    ),
    saved(changed(mirror="no"), "mirror: expected true or false, found 'no'"),
    Case(
        f"predict {DATA} --load m.json --save-samples 2",
        "error: --save-samples: expected a model of images (3, 32, 32) and of all their classes, "
        "found one of images (3, 32, 32) and 3 classes; load a model of this dataset",
        {"m.json": changed()},
    ),
    Case(
        "predict --load m.json none.png",
        "error: expected a readable file at none.png: No such file or directory",
        {"m.json": changed()},
    ),
    Case(
        "predict --load m.json x.png",
        "error: x.png: expected an image file (PNG, <…>), found none that can be read: <…>",
        {"m.json": changed(), "x.png": b"no image"},
    ),
]

CASES = [*COMMANDS, *VALUES, *SOURCES, *ARCHIVES, *TRAINING, *RANGES, *MODELS]
Call = Callable[..., tuple[int, str]]


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A folder with the results of a small run, which all cases use."""
    home = tmp_path_factory.mktemp("made")
    group = add_to(make_cli(PROGRAM), PROGRAM)
    folders = ["--artifacts-dir", str(home / "artifacts"), "--data-dir", str(home / "data")]
    assert run_cli(group, ["run", *shlex.split(SMALL), "--quiet", *folders]) == 0
    return home


@pytest.fixture
def call(made, tmp_path, monkeypatch, capsys) -> Call:
    """Run a command in the folder of the test: its status, and the last line on stderr."""
    monkeypatch.setenv("PIPELINE_ARTIFACTS_DIR", str(made / "artifacts"))
    monkeypatch.setenv("PIPELINE_DATA_DIR", str(made / "data"))
    monkeypatch.chdir(tmp_path)
    group = add_to(make_cli(PROGRAM), PROGRAM)
    capsys.readouterr()

    def go(command: str) -> tuple[int, str]:
        status = run_cli(group, shlex.split(command))
        out, err = capsys.readouterr()
        assert out == ""
        return status, err.splitlines()[-1].replace(str(tmp_path), "{here}")

    return go


def fits(message: str, line: str) -> bool:
    return bool(re.fullmatch(re.escape(message).replace(re.escape("<…>"), ".*"), line))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.message[7:60]}")
def test_a_mistake(case, call, tmp_path, monkeypatch):
    for name, content in case.files.items():
        if content is None:
            (tmp_path / name).mkdir()
        else:
            data = content.encode() if isinstance(content, str) else content
            (tmp_path / name).write_bytes(data)
    for name, value in case.environment.items():
        monkeypatch.setenv(name, value)
    status, line = call(case.command)
    assert fits(case.message, line), line
    assert status == case.status


# What needs more than a file: each has a test of its own below.
FULL_DISK = (
    "error: <…>: expected room to write, found none (File too large); free some space or choose "
    "another folder with --artifacts-dir; nothing stored was lost: then run the same command again"
)
FULL_DATA = (
    "error: d: expected room for 0.4 MB, found: File too large; free some or choose another folder "
    "with --data-dir, then run the same command again"
)
FULL_TEMPORARY = (
    "error: expected room for 92,190 bytes in the folder for temporary files, found: File too "
    "large; free some, or set TMPDIR to another folder"
)
SMALL_DISK = (
    "error: a: expected room for 0.6 MB, found: 0.0 MB free; free some or choose another folder "
    "with --artifacts-dir, then run the same command again"
)
NO_FOLDER = (
    "error: file: expected a folder that can be written, found: a file; change its permissions or "
    "choose another folder with --artifacts-dir"
)
NO_DATA_FOLDER = (
    "error: file: expected a folder that can be written, found: a file; change its permissions or "
    "choose another with --data-dir"
)
LOOP = NO_DATA_FOLDER.replace("file:", "link:").replace("a file", "a link that leads nowhere")
NO_NAME = (
    "error: --artifacts-dir: expected a folder, found xxx<…>: File name too long; choose another"
)
DAMAGED = (
    "error: <…>features.npy: it is damaged (expected another header); run the same command again: "
    "it is made anew"
)
INTERRUPTED = "interrupted; run the same command again to go on from here"
REFUSED_FILE = (
    "error: a/manifest.json: expected what may be read, found: Permission denied; change its "
    "permissions or choose another folder"
)
BROKEN_DISK = (
    "error: a/manifest.json: expected a disk that works, found: Input/output error; see to the "
    "disk, then run the same command again"
)
FULL_OUTPUT = (
    "error: stdout: expected room to write, found: No space left on device; free some space, then "
    "run the same command again"
)
NO_MEMORY = (
    "error: expected memory for what was asked, found too little (none is left); ask for less"
)
NO_WORKER = (
    "error: training: expected the workers to go on, found one that was killed, perhaps for lack "
    "of memory; run the same command again to go on from the last saved state, or choose fewer "
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
MANY_PIXELS = "error: x.png: expected at most <…> pixels, found <…> × <…>; make it smaller"
OVERFLOW = (
    "error: expected probabilities from the model, found numbers that overflow: its parameters are "
    "too large; train it again, or use another model"
)
NO_ANSWER = (
    "error: <…>-dataset.tar.gz could not be downloaded in 1 attempt: 127.0.0.1:<…> answered HTTP "
    "404 Not Found; nothing was received; run the same command again to go on, or use --source "
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
    'name the shape of your images in the record of the dataset: "shape": [3, height, width]'
)
OTHERS = [value for name, value in dict(globals()).items() if name.isupper() and type(value) is str]


@pytest.fixture
def file_limit() -> Iterator[Callable[[int], None]]:
    """Set the size at which writing a file fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk(call, tmp_path, file_limit):
    for name, data in datasets.files().items():
        (tmp_path / name).write_bytes(data)
    file_limit(20_000)
    status, line = call("decode --source . --artifacts-dir a")
    assert fits(FULL_DISK, line), line
    assert status == 2
    status, line = call(f"decode {DATA} --artifacts-dir a --data-dir d")
    assert fits(FULL_DATA, line), line
    assert status == 2


def test_a_full_folder_for_temporary_files(call, tmp_path, file_limit):
    content = datasets.files(count=30)
    unordered = {name: content[name] for name in ("data_batch_2.bin", "test_batch.bin")}
    (tmp_path / "a.tar").write_bytes(datasets.tar(unordered | content))
    file_limit(20_000)
    status, line = call("decode --source a.tar")
    assert fits(FULL_TEMPORARY, line), line
    assert status == 2


def test_a_disk_that_is_too_small(call, tmp_path):
    for name, data in datasets.files(count=60).items():
        (tmp_path / name).write_bytes(data)
    with mock.patch("shutil.disk_usage", return_value=mock.Mock(free=1000)):
        status, line = call("decode --source . --artifacts-dir a")
    assert fits(SMALL_DISK, line), line
    assert status == 2


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--artifacts-dir file", NO_FOLDER),
        ("--data-dir file --synthetic-size 50", NO_DATA_FOLDER),
        ("--data-dir link --synthetic-size 50", LOOP),
        (f"--artifacts-dir {'x' * 300}", NO_NAME),
    ],
)
def test_a_folder_that_is_none(call, tmp_path, flag, message):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("link")
    status, line = call(f"run {SMALL} {flag}")
    assert fits(message, line), line
    assert status == 2


def test_a_damaged_result(call, made, tmp_path):
    shutil.copytree(made / "artifacts", tmp_path / "a")
    (path,) = (tmp_path / "a").glob("preprocess/*/features.npy")
    flip(path, 1)
    status, line = call(f"run {SMALL} --lr 0.5 --artifacts-dir a")
    assert fits(DAMAGED, line), line
    assert status == 1


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


def test_a_plot_without_matplotlib(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    status, line = call("lr-find --plot curve.png")
    assert fits(NO_MATPLOTLIB, line), line
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
