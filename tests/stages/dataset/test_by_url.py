"""A URL may stand for a file of any kind: from the server to the arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import DataError
from stages.dataset.options import SourceOptions
from stages.decode import without_secrets
from stages.download import download
from tests.stages.examples import decoded, npy, serving_files

TABLE = b"a,b,kind\n" + b"".join(b"%d,%d,%s\n" % (n, n % 3, b"xy"[n % 2 :][:1]) for n in range(20))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.chdir(tmp_path)


def test_examples_and_their_labels():
    arrays = {"X.npy": npy(np.eye(10)), "y.npy": npy(np.arange(10) % 2)}
    with serving_files(arrays) as url:
        label = url.replace("//", "//me:hush@") + "y.npy?key=hush"
        found = download(options=SourceOptions(source=f"{url}X.npy", label=label))
    public = without_secrets(label=label, drop="")
    assert public["drop"] == ""
    assert "hush" not in public["label"]
    for name in (label, public["label"]):
        _, labels, record = decoded(found, label=name)
        assert sorted(labels) == [0] * 5 + [1] * 5
        assert record["shape"] is None
    assert without_secrets(label="kind") == {"label": "kind"}


@pytest.mark.parametrize("name", ["table", "iris.data", "table.txt", "table.csv"])
def test_a_table_whatever_its_ending(name):
    with serving_files({name: TABLE}) as url:
        found = download(options=SourceOptions(source=f"{url}{name}"))
    assert decoded(found, label="kind")[2]["classes"] == ["x", "y"]


@pytest.mark.parametrize("text", [b"Too many requests, try again\nlater\n", b"gone", b"\n\n"])
def test_what_a_server_says_in_place_of_a_file_is_no_table(text):
    with (
        serving_files({"table": text}) as url,
        pytest.raises(DataError, match="sent a file that is not the right one"),
    ):
        download(options=SourceOptions(source=f"{url}table"))
    assert not list(Path("data").glob("*table"))
