"""Files and folders as outputs: hashed, verified, refused by name."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

from pipeline import QUIET, errors, plan, run
from pipeline.store.key import Key
from pipeline.store.manifest import read_manifest
from pipeline.store.values import verify_output
from tests.pipeline.formats import FORMATS

KEY = Key("make", "a" * 64)


def test_a_flow_of_them(tmp_path):
    found = run(FORMATS, store=tmp_path, executor="serial")
    assert found["length"] == ["hello", "hello", 5, [0, 1, 2], "5/7"]
    kinds = {name: found.record(name)["kind"] for name in found.artifacts()[:5]}
    assert set(kinds.values()) == {"file", "folder", "serialized"}
    assert (found["report"].name, found["site"].is_dir()) == ("report.html", True)
    assert found["share"] == Fraction(5, 7)
    assert not os.stat(found["report"]).st_mode & 0o222
    assert {one.status for one in run(FORMATS, store=tmp_path).stages} == {"cached"}
    folder = found.store.folder(found.keys["site"])
    for record in read_manifest(folder)["outputs"].values():
        assert verify_output(folder, record) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda site: rewrite(site / "pages/index.html", "hallo"), "does not hold the bytes"),
        (lambda site: rewrite(site / "pages/index.html", "longer"), "has 6 bytes, not 5"),
        (lambda site: (site / "pages/index.html").unlink(), "index.html is missing"),
        (lambda site: (site / "more").write_text(""), "site holds other names: more"),
        (lambda site: (site / "empty").rmdir(), "site holds other names: empty"),
    ],
)
def test_a_folder_that_changed_is_made_anew(tmp_path, change, words):
    found = run(FORMATS, store=tmp_path, executor="serial")
    change(found["site"])
    folder = found.store.folder(found.keys["site"])
    assert words in (plan(FORMATS, store=tmp_path)[0].reason)
    assert verify_output(folder, read_manifest(folder)["outputs"]["site"]) is not None
    found = run(FORMATS, store=tmp_path, executor="serial")
    assert (found["site"] / "pages/index.html").read_text() == "hello"
    assert [one.status for one in found.stages] == ["ran", "cached"]


def rewrite(path: Path, text: str) -> None:
    path.chmod(0o644)
    path.write_text(text)


def test_a_folder_that_was_only_touched_is_trusted(tmp_path):
    found = run(FORMATS, store=tmp_path, executor="serial")
    for name in (found["report"], found["site"] / "pages/index.html"):
        os.utime(name, (1, 1))
    assert {one.status for one in plan(FORMATS, store=tmp_path)} == {"cached"}
    assert (found["site"] / "pages/index.html").stat().st_mtime != 1


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda path: path, "found nothing; write there, and return the path"),
        (lambda path: path.symlink_to("/etc"), "found a link"),
        (lambda path: path.mkdir() or (path / "a").symlink_to("/etc"), "found a link or a device"),
        (lambda path: path.mkdir() or (path / "a\\b").touch(), "names without \\, found"),
    ],
)
def test_what_is_no_file_is_refused(put, write, words):
    def value(writer):
        write(writer.path("out"))
        return writer.path("out")

    with pytest.raises(errors.OutputError) as caught:
        put(value)
    assert words in str(caught.value)


@pytest.mark.parametrize("path", ["/etc/passwd", "elsewhere", "../out"])
def test_a_path_of_ones_own_is_refused(put, path):
    with pytest.raises(errors.OutputError, match=r"expected the path that context.path\('out'\)"):
        put(lambda writer: writer.folder / path)


def test_a_suffix_counts_and_must_be_one(put):
    def write(suffix):
        def value(writer):
            writer.path("out", suffix).write_text("a")
            return writer.path("out", suffix)

        return value

    digests = {put(write(s), d * 64)[1]["digest"] for s, d in (("", "b"), (".csv", "c"))}
    assert len(digests) == 2
    with pytest.raises(errors.OutputError, match=r"expected a suffix such as \.csv, found '/x'"):
        put(write("/x"))
    assert QUIET.path("out", ".csv").name == "out.csv"
    assert QUIET.path("out").parent.is_dir()
