"""What is known of the framework's own sources serves new stores, and is never in the way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.code import CodeIndex, graph, hashing, own, symbols, tables
from tests.imports import ROOT
from tests.pipeline.code.projects import Folder

FUNCTION = hashing.short_hash  # of the framework, and of few lines


@pytest.fixture
def work(tmp_path, monkeypatch):
    """The modules that are parsed, and the walks; sources count as old at once."""
    for module in ("tables", "remembered"):
        monkeypatch.setattr(f"pipeline.code.{module}.SETTLED_NS", -1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    seen, scan, walk = [], symbols.scan, graph.Walk.reached
    monkeypatch.setattr(symbols, "scan", lambda *a: seen.append(a[1]) or scan(*a))
    monkeypatch.setattr(graph.Walk, "reached", lambda *a: seen.append("walk") or walk(*a))
    return seen


def reached(store: Path, function=FUNCTION):
    """As in another process."""
    tables._FOUND.clear()
    store.mkdir(exist_ok=True)
    found = CodeIndex(store / ".code.json").reached(function)
    return found.graph, found.symbols, found.modules


def files(tmp_path) -> list[Path]:
    return sorted((tmp_path / "caches/cifar-pipeline").iterdir())


def test_a_new_store_learns_it_from_the_user(work, tmp_path):
    first = reached(tmp_path / "a")
    assert work[-1] == "walk"
    work.clear()
    assert reached(tmp_path / "b") == first
    assert not work
    for file in files(tmp_path):
        file.unlink()
    assert reached(tmp_path / "b") == first
    assert not work, "the store has it too"
    tables_file, reached_file = (tmp_path / "b" / n for n in (".code.json", ".reached.json"))
    assert tables_file.exists() or reached_file.exists()


@pytest.mark.parametrize("kind", ["reached", "tables"])
@pytest.mark.parametrize("harm", [b"", b"{}", None])
def test_a_damaged_cache_counts_as_none(work, tmp_path, kind, harm):
    first = reached(tmp_path / "a")
    for file in files(tmp_path):
        if file.name.startswith(kind):
            whole = bytearray(file.read_bytes())
            whole[-9] ^= 1
            file.write_bytes(bytes(whole) if harm is None else harm)
    work.clear()
    assert reached(tmp_path / "b") == first
    assert ("walk" in work) == (kind == "reached")
    work.clear()
    assert reached(tmp_path / "c") == first
    assert not [one for one in work if one != "walk"], "it has been mended"


def test_another_version_of_the_analysis_counts_as_none(work, tmp_path, monkeypatch):
    first = reached(tmp_path / "a")
    work.clear()
    for module in ("tables", "remembered"):
        monkeypatch.setattr(f"pipeline.code.{module}._version", lambda: [3, 99])
    assert reached(tmp_path / "b") == first
    assert len(work) > 1


def test_a_source_that_has_changed_is_read_again(work, tmp_path, monkeypatch):
    reached(tmp_path / "a")
    work.clear()
    stamp = tables.stamp

    def changed(path):
        return [*stamp(path)[:3], 0] if path.name == "hashing.py" else stamp(path)

    for module in ("tables", "remembered"):
        monkeypatch.setattr(f"pipeline.code.{module}.stamp", changed)
    reached(tmp_path / "b")
    assert work == ["pipeline.code.hashing", "walk"]


def test_sources_of_a_users_own_are_not_among_it(work, tmp_path):
    folder = Folder(tmp_path)
    folder.write({"m.py": "def f(): return 1\n"})
    folder.reached("m.py", "m", "f", cache=tmp_path / ".code.json")
    assert not (tmp_path / "caches").exists() or not any(
        b"m.py" in file.read_bytes() for file in files(tmp_path)
    )


@pytest.mark.parametrize("given", ["", "relative", "/proc/none"])
def test_where_no_cache_can_be_kept(work, tmp_path, monkeypatch, given):
    monkeypatch.setenv("XDG_CACHE_HOME", given)
    monkeypatch.setenv("HOME", "/proc/none")
    assert reached(tmp_path / "a")[0]
    assert not os.path.exists("relative")


def test_the_oldest_files_go(work, tmp_path, monkeypatch):
    monkeypatch.setattr(own, "_MOST", 2)
    for number in range(4):
        own.write_own(f"kind{number}", number)
        file = own._file(f"kind{number}")
        os.utime(file, ns=(number, number))
    assert own.read_own("kind0") is None
    assert own.read_own("kind3") == 3
    assert len(files(tmp_path)) == 2


@pytest.mark.whole
def test_what_a_stage_is_seen_to_depend_on_is_the_same(tmp_path, monkeypatch):
    """Modules whose import is deferred are imported before the stage runs, remembered or not."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    seen = []
    for store in ("a", "b"):
        command = [sys.executable, "-m", "stages", "evaluate", "--source", "synthetic"]
        command += ["--synthetic-size", "100", "--epochs", "1", "--hidden", "4"]
        command += ["--artifacts-dir", str(tmp_path / store), "--data-dir", str(tmp_path / "data")]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        found = sorted((tmp_path / store).glob("*/*/manifest.json"))
        seen.append({one.parent.parent.name: json.loads(one.read_text()) for one in found})
    first, second = ({name: one.get("observed") for name, one in all.items()} for all in seen)
    assert {"decode", "train", "evaluate"} <= first.keys()
    assert first == second
    assert not any(first.values())
