"""Download: each source gives the files of a dataset, or a line that says how to go on."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from pipeline.context import Context
from pipeline.errors import DataError
from pipeline.store.files import identify
from stages import download as module
from stages.dataset.sources import resolve as sources
from stages.dataset.sources.origin import (
    OFFICIAL_NAME,
    OFFICIAL_SHA256,
    OFFICIAL_SIZE,
    OFFICIAL_URLS,
)
from stages.decode import decode
from stages.download import SYNTHETIC, download, name_for
from tests.stages.datasets import files, gz, tar, write
from tests.stages.flat import call
from tests.stages.http_server import Answer, serving

CONTENT = gz(tar(files(count=4)))
SHA256 = hashlib.sha256(CONTENT).hexdigest()


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
        first = call(download, source=server.url, sha256=sha256)
        assert call(download, source=server.url, sha256=sha256) == first
    assert server.sent == len(CONTENT)
    assert first == identify(Path("data") / name_for(server.url))
    assert sum(len(block["labels"]) for block in decode(first)) == 12


def test_a_url_whose_file_is_another():
    with serving(CONTENT) as server, pytest.raises(DataError) as caught:
        call(download, source=server.url, sha256="0" * 64)
    assert f"expected SHA-256 {'0' * 64}, found {SHA256}" in str(caught.value)
    assert not (Path("data") / name_for(server.url)).exists()


def test_the_official_archive(monkeypatch):
    with serving(b"", Answer(status=404)) as first, serving(CONTENT) as second:
        monkeypatch.setattr(module, "OFFICIAL_URLS", (first.url, second.url))
        found = call(download, source="cifar10", sha256=SHA256)
        assert found == identify(Path("data") / OFFICIAL_NAME)
        with pytest.raises(DataError, match=rf"expected SHA-256 {OFFICIAL_SHA256}, found {SHA256}"):
            call(download, source="cifar10")
    assert OFFICIAL_SIZE == 170_052_171
    assert {url.rsplit("/", 1)[-1] for url in OFFICIAL_URLS} == {OFFICIAL_NAME}


def test_synthetic_cannot_be_missed(monkeypatch):
    monkeypatch.setattr(sources, "any_answers", lambda urls: False)
    for source in ("synthetic", "auto"):
        context = Listening()
        found = call(download, source=source, synthetic_size=60, context=context)
        assert found == identify(Path("data/cifar-10-synthetic-60.tar"))
        assert context.warnings == [SYNTHETIC]
    sha256 = found.files[0].sha256
    assert call(download, source="synthetic", synthetic_size=60, sha256=sha256) == found
    with pytest.raises(DataError, match=rf"expected SHA-256 {'0' * 64}, found {sha256}; get the"):
        call(download, source="synthetic", synthetic_size=60, sha256="0" * 64)


def test_a_path_stays_where_it_is():
    path = write(Path("elsewhere/x.tar.gz").absolute(), CONTENT)
    context = Listening()
    assert call(download, source=str(path), context=context) == identify(path)
    assert call(download, source=identify(path), synthetic_size=None) == identify(path)
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
    found = name_for(url)
    assert re.fullmatch(r"[0-9a-f]{8}-" + re.escape(name), found)
    assert found != name_for(url + "?other")


def test_the_stage_declares_itself():
    assert download.outputs == ("archive",)
    assert list(download.parameters) == ["source", "sha256", "data_dir", "synthetic_size"]
    assert not download.parameters["data_dir"].option.affects_result
    assert download.resolve is sources.resolve_source
