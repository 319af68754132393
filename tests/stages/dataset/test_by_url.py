"""A URL may stand for a file of any kind: from the server to the arrays, by the command line."""

from __future__ import annotations

import numpy as np
import pytest

from tests.stages.examples import npy, serving_files

TABLE = b"a,b,kind\n" + b"".join(b"%d,%d,%s\n" % (n, n % 3, b"xy"[n % 2 :][:1]) for n in range(20))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path


def test_examples_and_their_labels(call, folder):
    arrays = {"X.npy": npy(np.eye(10)), "y.npy": npy(np.arange(10) % 2)}
    with serving_files(arrays) as url:
        secret = url.replace("//", "//me:hush@") + "y.npy?key=hush"
        status, _, err = call(f"decode --source {url}X.npy --label {secret}")
    assert status == 0, err
    labels = np.concatenate(
        [np.load(path) for path in folder.glob("artifacts/decode/*/labels.npy")]
    )
    assert sorted(labels) == [0] * 5 + [1] * 5
    written = b"".join(p.read_bytes() for p in folder.glob("artifacts/**/*") if p.is_file())
    assert b"hush" not in written


@pytest.mark.parametrize("name", ["table", "iris.data", "table.txt", "table.csv"])
def test_a_table_whatever_its_ending(call, name):
    with serving_files({name: TABLE}) as url:
        status, _, err = call(f"decode --source {url}{name} --label kind")
    assert status == 0, err


@pytest.mark.parametrize("text", [b"Too many requests, try again\nlater\n", b"gone", b"\n\n"])
def test_what_a_server_says_in_place_of_a_file_is_no_table(call, folder, text):
    with serving_files({"table": text}) as url:
        status, _, err = call(f"decode --source {url}table --label kind")
    assert status == 2
    assert "sent a file that is not the right one" in err
    assert not list(folder.glob("data/*table"))
