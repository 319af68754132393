"""Address: user, password and tokens reach the host they are for, and nothing that is kept."""

from __future__ import annotations

import base64
import copy
import pickle
from pathlib import Path

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from pipeline.errors import ConfigError, DataError
from stages.cifar10 import PROGRAM
from stages.commands.add import add_to
from stages.dataset.sources.address import Address, hidden
from stages.dataset.sources.resolve import resolve_source
from stages.dataset.sources.transfer import fetch
from tests.stages.datasets import files, gz, tar
from tests.stages.http_server import Answer, serving

pytestmark = pytest.mark.whole

URL = "https://ann:se%40cret@host:81/a/b.tar.gz?token=hush&x=1#part"


def pipeline(*arguments: str) -> int:
    return run_cli(add_to(make_cli(PROGRAM), PROGRAM), arguments)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


def test_what_is_public():
    address = Address(URL)
    assert address.startswith("https://host:81/a/b.tar.gz?")
    assert not any(secret in repr(address) for secret in ("ann", "cret", "hush", "token", "part"))
    assert address.target == "https://host:81/a/b.tar.gz?token=hush&x=1"
    assert address.host == "host:81"
    assert address.authorization == "Basic " + base64.b64encode(b"ann:se@cret").decode()
    assert Address("http://h/x") == "http://h/x"
    assert Address("http://h/x").authorization is None


def test_what_tells_addresses_apart():
    assert Address("http://h/x?file=1") != Address("http://h/x?file=2")
    assert Address("http://a:b@h/x") == Address("http://h/x"), "who asks is not what is asked for"


@pytest.mark.parametrize("again", [Address, copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))])
def test_an_address_stays_one(again):
    assert again(Address(URL)).full == URL
    assert again(Address(URL)) == Address(URL)


def test_hidden():
    assert hidden("https://ann:x@h:99999/y?token=1") == "https://h:99999/y?…"
    with pytest.raises(ConfigError) as caught:
        resolve_source(
            source="https://ann:secret@h:99999/y?t=1", sha256=None, data_dir="d", synthetic_size=9
        )
    assert "secret" not in str(caught.value)
    assert "https://h:99999/y?…" in str(caught.value)


def test_credentials_are_a_header_of_their_host_only(tmp_path):
    content = gz(tar(files(train=1, count=2)))
    with serving(content) as there, serving(content) as here:
        url = here.url.replace("://", "://ann:secret@")
        here.answers = [
            Answer(status=302, headers={"Location": "/same"}, body=b""),
            Answer(status=302, headers={"Location": there.url}, body=b""),
        ]
        fetch([url], tmp_path / "x.tar.gz")
    sent = [request.get("Authorization") for request in here.requests]
    assert sent == ["Basic " + base64.b64encode(b"ann:secret").decode()] * 2
    assert "Authorization" not in there.requests[0]


def test_who_is_not_let_in_reads_how(tmp_path):
    with serving(b"", Answer(status=401)) as server, pytest.raises(DataError) as caught:
        fetch([server.url], tmp_path / "x.tar.gz", delays=())
    assert "give user and password as in https://user:password@host/" in str(caught.value)


def test_no_secret_is_kept_or_shown(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    content = gz(tar(files(train=1, count=2)))
    with serving(content, Answer(cut=3000), Answer(status=503)) as server:
        url = server.url.replace("://", "://ann:xyzzy1@") + "?token=xyzzy2"
        commands = [["decode"], ["plan"], ["explain", "download"], ["verify"], ["runs"]]
        for command in commands:
            flags = [] if command == ["runs"] else ["--source", url]
            assert pipeline(*command, *flags, "--json") == 0
        server.answers = [Answer(status=404)] * 3
        assert pipeline("decode", "--source", f"{url}&b=1") == 2
    assert [r.get("Range") is not None for r in server.requests[:3]] == [False, True, True]
    said = "".join(capfd.readouterr())
    kept = b"".join(path.read_bytes() for path in Path().rglob("*") if path.is_file())
    names = "".join(map(str, Path().rglob("*")))
    assert "xyzzy" not in said + names
    assert b"xyzzy" not in kept
