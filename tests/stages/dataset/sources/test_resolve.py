"""Sources: what `--source` means, decided by what is there."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from pipeline.errors import ConfigError, DataError
from pipeline.store.files import identify
from stages.dataset.sources import resolve as sources
from stages.dataset.sources.origin import NAMES, OFFICIAL_NAME, OFFICIAL_SHA256
from stages.dataset.sources.resolve import any_answers, resolve_source
from stages.dataset.sources.synthetic import archive_name
from tests.stages.datasets import files, tar, write


@pytest.fixture
def resolve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Resolve a source as on a machine without a network."""
    monkeypatch.setattr(sources, "any_answers", lambda urls: False)

    def go(source, sha256=None, synthetic_size=50_000):
        found = resolve_source(
            source=source,
            sha256=sha256,
            data_dir=str(tmp_path / "data"),
            synthetic_size=synthetic_size,
        )
        assert resolve_source(**found) == found
        return found["source"], found["sha256"], found["synthetic_size"]

    return go


def refused(kind, resolve, *arguments, **options) -> str:
    with pytest.raises(kind) as caught:
        resolve(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_names_and_addresses(resolve):
    assert resolve("cifar10") == ("cifar10", OFFICIAL_SHA256, None)
    assert resolve("cifar10", "AB" * 32) == ("cifar10", "ab" * 32, None)
    assert resolve("synthetic") == ("synthetic", None, 50_000)
    assert resolve("https://h/x", "a" * 64) == ("https://h/x", "a" * 64, None)


def test_auto_takes_what_is_there(resolve, tmp_path, monkeypatch):
    assert resolve("auto") == ("synthetic", None, 50_000)
    monkeypatch.setattr(sources, "any_answers", lambda urls: True)
    assert resolve("auto") == ("cifar10", OFFICIAL_SHA256, None)
    write(tmp_path / "data" / archive_name(50_000), b"")
    assert resolve("auto") == ("synthetic", None, 50_000)
    assert resolve("auto", synthetic_size=100)[0] == "cifar10"
    write(tmp_path / "data" / OFFICIAL_NAME, b"")
    assert resolve("auto")[0] == "cifar10"


def test_an_archive_is_known_by_its_content(resolve, tmp_path, monkeypatch):
    path = write(tmp_path / "x.tar", tar(files()))
    found = identify(path)
    sha256 = found.files[0].sha256
    assert resolve(str(path)) == resolve(str(path), f" {sha256.upper()} ") == (found, None, None)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert resolve("~/x.tar") == resolve("x.tar") == (found, None, None)
    assert refused(DataError, resolve, str(path), "0" * 64) == (
        f"{path}: expected SHA-256 {'0' * 64}, found {sha256}; get the file again, or correct "
        "--sha256"
    )


def test_an_archive_at_rest_is_hashed_once(resolve, tmp_path, monkeypatch):
    path = write(tmp_path / "x.tar", tar(files()))
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 10**10)
    found = resolve(str(path))
    assert not (tmp_path / "data").exists(), "to look makes no folder"
    (tmp_path / "data").mkdir()
    assert resolve(str(path)) == found
    assert (tmp_path / "data" / ".digests.json").exists()
    monkeypatch.setattr("pipeline.store.files.hashlib", None)
    assert resolve(str(path)) == found


def test_a_folder_is_its_known_files_in_order(resolve, tmp_path):
    content = files(train=10) | {
        "readme.html": b"",
        "batches.meta.txt": b"",
        "._test_batch.bin": b"",
    }
    for name, data in content.items():
        write(tmp_path / "f" / name, data)
    found = resolve(str(tmp_path / "f"))[0]
    names = [file.path.name for file in found.files]
    assert names == ["batches.meta.txt", *files(train=10)]
    assert refused(ConfigError, resolve, str(tmp_path / "f"), "0" * 64) == (
        "--sha256: expected a file or a URL in --source, found the folder "
        f"{tmp_path / 'f'}; leave --sha256 out"
    )
    (tmp_path / "f" / "test_batch.bin").unlink()
    assert ": expected test_batch.bin, found ._test_batch.bin, batches.meta.txt, data_" in refused(
        DataError, resolve, str(tmp_path / "f")
    )


def test_what_is_not_there(resolve, tmp_path):
    names = ", ".join(NAMES)
    what = f"--source: expected {names}, a URL or a path, found"
    missing = "(No such file or directory)"
    assert refused(DataError, resolve, "sythetic") == (
        f"{what} sythetic {missing}; did you mean synthetic?"
    )
    assert refused(DataError, resolve, "/no/such/x.tar") == (
        f"{what} /no/such/x.tar {missing}; check the path"
    )
    assert "/dev/null: expected a file, found a device" in refused(DataError, resolve, "/dev/null")
    assert refused(DataError, resolve, "") == f"{what} '' (nothing); check the path"
    assert refused(DataError, resolve, "a\0b") == f"{what} 'a\\x00b' (no path); check the path"
    assert refused(DataError, resolve, "~nobody-of-this-name/x").endswith(
        "(no path); check the path"
    )
    assert f"{what} {'x' * 99}… (File name too long)" in refused(DataError, resolve, "x" * 5000)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_cannot_be_read(resolve, tmp_path):
    (tmp_path / "f").mkdir(mode=0)
    assert "(Permission denied); check" in refused(DataError, resolve, str(tmp_path / "f"))


@pytest.mark.parametrize(
    "url", ["ftp://h/x", "s3://b/x", "http://", "http://a:b/", "http://[/", "https://h:99999/"]
)
def test_addresses_that_are_none(resolve, url):
    assert refused(ConfigError, resolve, url) == (
        f"--source: expected a URL like https://host/archive.tar.gz, found {url!r}"
    )
    text = refused(ConfigError, resolve, "file:///t.csv")
    assert text.endswith("found 'file:///t.csv'; name a file by its path alone")


@pytest.mark.parametrize("sha256", ["", "abc", "g" * 64, "a" * 63])
def test_digests_that_are_none(resolve, sha256):
    assert refused(ConfigError, resolve, "auto", sha256) == (
        f"--sha256: expected 64 hexadecimal digits, found {sha256!r}"
    )


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return closed.getsockname()[1]


def test_whether_a_host_answers(monkeypatch, closed_port):
    monkeypatch.setenv("no_proxy", "*")
    dead = f"http://127.0.0.1:{closed_port}/x"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        alive = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        assert any_answers([dead, alive])
        assert any_answers([alive])
        assert not any_answers([dead, dead])
        assert not any_answers(["http://[/", "http://127.0.0.1:x/"])
        monkeypatch.delenv("no_proxy")
        monkeypatch.setenv("https_proxy", alive)
        assert any_answers(["https://nowhere.invalid/x"])
        monkeypatch.setenv("https_proxy", alive.removeprefix("http://"))
        assert any_answers(["https://nowhere.invalid/x"])


@pytest.mark.long
def test_a_name_that_takes_too_long_is_not_waited_for(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")

    def slow(address, timeout):
        time.sleep(0.5)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", slow)
    start = time.monotonic()
    assert not any_answers(["https://h/"], within=0.05)
    assert time.monotonic() - start < 0.4
    time.sleep(0.6)  # until the thread has ended
