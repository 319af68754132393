"""Download: each source gives the files of a dataset, or a line that says how to go on."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.context import QUIET, Context
from pipeline.errors import ConfigError, DataError
from pipeline.store.files import identify
from stages.dataset.options import SourceOptions
from stages.dataset.sources import resolve as sources
from stages.dataset.sources.address import Address, file_name
from stages.dataset.sources.origin import (
    OFFICIAL_NAME,
    OFFICIAL_SHA256,
    OFFICIAL_URLS,
    ORIGINS,
    Origin,
)
from stages.decode import decode
from stages.download import OFFLINE, SYNTHETIC, download
from tests.stages.datasets import files, gz, tar, write
from tests.stages.examples import collected, idx_files, npy, serving_files
from tests.stages.http_server import Answer, serving

CONTENT = gz(tar(files(count=4)))
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def bring(context: Context = QUIET, **options):
    return download(options=SourceOptions(**options), context=context)


class Listening(Context):
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_url(sha256):
    with serving(CONTENT, Answer(cut=3000)) as server:
        first = bring(source=server.url, sha256=sha256)
        assert bring(source=server.url, sha256=sha256) == first
    assert server.sent == len(CONTENT)
    assert first == identify(Path("data") / file_name(server.url))
    assert sum(len(block["labels"]) for block in decode(first)) == 12


def test_a_url_whose_file_is_another():
    with serving(CONTENT) as server, pytest.raises(DataError) as caught:
        bring(source=server.url, sha256="0" * 64)
    assert f"expected SHA-256 {'0' * 64}, found {SHA256}" in str(caught.value)
    assert not (Path("data") / file_name(server.url)).exists()


def test_the_official_archive(monkeypatch):
    with serving(b"", Answer(status=404)) as first, serving(CONTENT) as second:
        origin = replace(ORIGINS["cifar10"], hosts=(f"{first.url}?", f"{second.url}?"))
        monkeypatch.setitem(ORIGINS, "cifar10", origin)
        found = bring(source="cifar10", sha256=SHA256)
        assert found == identify(Path("data") / OFFICIAL_NAME)
        with pytest.raises(DataError, match=rf"expected SHA-256 {OFFICIAL_SHA256}, found {SHA256}"):
            bring(source="cifar10")
    assert {url.rsplit("/", 1)[-1] for url in OFFICIAL_URLS} == {OFFICIAL_NAME}


def test_a_dataset_of_several_files_from_mirrors(monkeypatch):
    content = idx_files()
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    with serving(b"", Answer(status=404)) as first, serving_files(content) as second:
        names = ("dark", "dim", "light", "bright")
        origin = Origin((first.url.rsplit("/", 1)[0] + "/", second), digests, names)
        monkeypatch.setitem(ORIGINS, "mnist", origin)
        found = bring(source="mnist")
        assert found == bring(source="mnist")
    assert [file.path for file in found.files] == [
        Path("data/mnist").absolute() / name for name in content
    ]
    record = collected(decode(found))[-1]
    assert record["dataset"]["name"] == "mnist"
    assert record["dataset"]["shape"] == [1, 5, 4]
    assert record["dataset"]["classes"] == list(names)
    Path("data/mnist/t10k-labels-idx1-ubyte.gz").write_bytes(b"other")
    with pytest.raises(
        DataError, match=r"expected SHA-256 .* remove the file to download it again"
    ):
        bring(source="mnist")
    with pytest.raises(ConfigError, match="--sha256: expected a source of one file, found mnist"):
        bring(source="mnist", sha256="0" * 64)


@pytest.mark.parametrize("name", ORIGINS)
def test_known_datasets_have_digests_and_two_hosts(name):
    origin = ORIGINS[name]
    assert len(origin.hosts) >= 2
    assert len(origin.files) in (1, 4)  # an archive, or images and labels of two sets
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in origin.files.values())
    assert all(url.startswith("http") for file in origin.files for url in origin.urls(file))


def test_examples_and_labels_at_two_urls():
    arrays = {"X.npy": npy(np.eye(10)), "labels.npy": npy(np.arange(10) % 2)}
    with serving_files(arrays) as url:
        found = bring(source=f"{url}X.npy", label=f"{url}labels.npy")
        assert [file.path.name[9:] for file in found.files] == list(arrays)
        for label in ("labels.npy", ""):
            with pytest.raises(ConfigError, match="expected the URL of the labels, as --source is"):
                bring(source=f"{url}X.npy", label=label)


def test_synthetic_cannot_be_missed(monkeypatch):
    monkeypatch.setattr(sources, "any_answers", lambda urls: False)

    def asked(source):
        return SourceOptions(source=source, synthetic_size=60)

    for source in ("synthetic", "auto"):
        context = Listening()
        found = download(
            options=SourceOptions(**sources.resolve_source(**vars(asked(source)))), context=context
        )
        assert found == identify(Path("data/cifar-10-synthetic-60.tar"))
        offline = [OFFLINE] if source == "auto" else []
        assert context.warnings == [*offline, SYNTHETIC]
        found.files[0].path.unlink()
    assert bring(source="synthetic", synthetic_size=60) == found
    sha256 = found.files[0].sha256
    assert bring(source="synthetic", synthetic_size=60, sha256=sha256) == found
    with pytest.raises(DataError, match=rf"expected SHA-256 {'0' * 64}, found {sha256}; get the"):
        bring(source="synthetic", synthetic_size=60, sha256="0" * 64)


def test_a_path_stays_where_it_is():
    path = write(Path("elsewhere/x.tar.gz").absolute(), CONTENT)
    context = Listening()
    assert bring(source=str(path), context=context) == identify(path)
    assert bring(source=identify(path), synthetic_size=None) == identify(path)
    assert context.warnings == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://h/a/x.tar.gz", "x.tar.gz"),
        ("http://h/x.tar.gz?key=secret#part", "x.tar.gz"),
        ("http://h", "archive"),
        ("http://h/a/", "archive"),
        ("http://h/%2e%2e%2f..", "-2e-2e-2f.."),
        ("http://h/" + "x" * 300 + ".tar", "x" * 76 + ".tar"),
    ],
)
def test_file_names_of_urls_are_plain(url, name):
    found = file_name(Address(url))
    assert re.fullmatch(r"[0-9a-f]{8}-" + re.escape(name), found)
    assert found != file_name(Address(url.replace("//h", "//other", 1)))


def test_the_stage_declares_itself():
    assert download.outputs == ("archive",)
    assert list(download.parameters) == ["source", "sha256", "data_dir", "synthetic_size", "label"]
    assert not download.parameters["data_dir"].option.affects_result
    assert download.resolve is sources.resolve_source
