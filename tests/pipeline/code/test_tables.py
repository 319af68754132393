"""The memo of tables: used when it can be trusted, recomputed when not, never in the way."""

import contextlib
import hashlib
import json
import os
import time

import pytest

from pipeline.code import CodeIndex, symbols, tables
from pipeline.store.digest_cache import SETTLED_NS
from tests.pipeline.code.projects import Folder

HOUR_AGO = time.time_ns() - 3_600_000_000_000


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project that nobody has touched for an hour."""
    made = Folder(tmp_path)
    write(made, "m.py", "from o import X\ndef f(): return X\n")
    write(made, "o.py", "X = 1\n")
    # The time of a file's last change cannot be set back, so these count as old at once.
    monkeypatch.setattr("pipeline.code.tables.SETTLED_NS", -1)
    return made


def write(folder, name, text, later=0):
    """Write a file that says it was written an hour ago."""
    folder.write({name: text})
    os.utime(folder.root / name, ns=(HOUR_AGO + later, HOUR_AGO + later))


@pytest.fixture
def scanned(monkeypatch):
    """The modules that are parsed."""
    seen, scan = [], symbols.scan

    def recording(source, module, is_package):
        seen.append(module)
        return scan(source, module, is_package)

    monkeypatch.setattr(symbols, "scan", recording)
    return seen


def reached(folder, memo, anew=True):
    """What is reached, with the tables of `memo` and nothing else that is remembered. `anew`: as in
    another process."""
    if anew:
        tables._FOUND.clear()
    with contextlib.suppress(OSError, AttributeError):
        memo.with_name(".reached.json").unlink()
    return folder.reached("m.py", "m", "f", cache=memo)


def test_another_index_of_the_same_process_parses_nothing_again(folder, tmp_path, scanned):
    reached(folder, tmp_path / "one.json")
    scanned.clear()
    assert reached(folder, tmp_path / "two.json", anew=False)
    assert scanned == []
    write(folder, "o.py", "X = 2\n", later=1)
    reached(folder, tmp_path / "three.json", anew=False)
    assert scanned == ["o"]


def test_files_at_rest_are_parsed_once(folder, tmp_path, scanned):
    memo = tmp_path / "new" / "code.json"
    memo.parent.mkdir()
    first = reached(folder, memo)
    assert sorted(scanned) == ["m", "o"]
    written = memo.stat()
    assert reached(folder, memo) == first == reached(folder, None)
    assert sorted(scanned) == ["m", "m", "o", "o"], "only the index without a memo parsed again"
    assert memo.stat().st_mtime_ns == written.st_mtime_ns, "written though nothing was new"
    assert memo.stat().st_ino == written.st_ino
    assert {path.name for path in memo.parent.iterdir()} <= {"code.json", ".reached.json"}


def test_an_edit_is_seen(folder, tmp_path, scanned):
    memo = tmp_path / "code.json"
    first = reached(folder, memo)
    write(folder, "o.py", "X = 2\n", later=1)
    scanned.clear()
    second = reached(folder, memo)
    assert scanned == ["o"]
    assert second["m.f"] == first["m.f"]
    assert second["o.X"] != first["o.X"]


def test_a_file_just_written_is_not_remembered(folder, tmp_path, scanned, monkeypatch):
    monkeypatch.setattr("pipeline.code.tables.SETTLED_NS", SETTLED_NS)
    memo = tmp_path / "code.json"
    reached(folder, memo)
    reached(folder, memo)
    assert sorted(scanned) == ["m", "m", "o", "o"]
    assert not memo.exists()


def test_a_file_that_changes_while_it_is_read_is_not_remembered(folder, tmp_path, monkeypatch):
    memo, scan = tmp_path / "code.json", symbols.scan

    def meanwhile(source, module, is_package):
        (folder.root / f"{module}.py").write_bytes(source + b"\n# more\n")
        return scan(source, module, is_package)

    monkeypatch.setattr(symbols, "scan", meanwhile)
    reached(folder, memo)
    assert not memo.exists()


def test_files_that_are_gone_are_forgotten(folder, tmp_path):
    memo = tmp_path / "code.json"
    reached(folder, memo)
    write(folder, "m.py", "def f(): pass\n", later=1)
    (folder.root / "o.py").unlink()
    reached(folder, memo)
    assert [*json.loads(memo.read_bytes().partition(b"\n")[2])[1]] == [str(folder.root / "m.py")]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: b"",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace(b"X", b"Y"),
        lambda text: b"\0" * len(text),
        lambda text: text.replace(b"\n[[3,", b"\n[[2,"),
    ],
)
def test_a_damaged_memo_counts_as_empty(folder, tmp_path, scanned, damage):
    memo = tmp_path / "code.json"
    first = reached(folder, memo)
    whole = memo.read_bytes()
    memo.write_bytes(damage(whole))
    scanned.clear()
    assert reached(folder, memo) == first
    assert sorted(scanned) == ["m", "o"]
    assert memo.read_bytes() == whole


@pytest.mark.parametrize("version", [[3, 0, 0], [9]])
def test_a_memo_of_another_version_counts_as_empty(folder, tmp_path, scanned, monkeypatch, version):
    memo = tmp_path / "code.json"
    first = reached(folder, memo)
    scanned.clear()
    monkeypatch.setattr("pipeline.code.tables._version", lambda: version)
    assert reached(folder, memo) == first
    assert sorted(scanned) == ["m", "o"]


def test_where_no_memo_can_be_written_none_is(folder, tmp_path):
    (tmp_path / "file").write_text("")
    assert reached(folder, tmp_path / "file" / "code.json") == reached(folder, None)


def test_one_source_under_two_names(folder, tmp_path):
    memo = tmp_path / "code.json"
    write(folder, "pack/m.py", "from .o import X\ndef f(): return X\n")
    write(folder, "pack/o.py", "X = 1\n")
    one = folder.reached("pack/m.py", "pack.m", "f", cache=memo)
    assert set(one) == {"pack.m.f", "pack.o.X"}
    two = CodeIndex(memo).reached(folder.function("pack/m.py", "m", "f")).symbols
    assert set(two) == {"m.f"}, "not in a package, so what it imports is unknown"


@pytest.mark.parametrize(
    "change",
    [
        lambda value: 5,
        lambda value: [],
        lambda value: [value[0], []],
        lambda value: [value[0], {"x" * 5000: [], "a\0b": []}],
        lambda value: [value[0], "text"],
        lambda value: [value[0], dict.fromkeys(value[1])],
        lambda value: [value[0], {path: [] for path in value[1]}],
        lambda value: [value[0], {path: [*entry[:2], 3] for path, entry in value[1].items()}],
        lambda value: [value[0], {path: [*entry[:2], {}] for path, entry in value[1].items()}],
    ],
)
def test_a_memo_of_another_form_counts_as_empty_though_its_seal_is_good(folder, tmp_path, change):
    memo = tmp_path / "code.json"
    first = reached(folder, memo)
    value = change(json.loads(memo.read_bytes().partition(b"\n")[2]))
    text = json.dumps(value).encode()
    memo.write_bytes(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
    assert reached(folder, memo) == first


def test_a_deeply_nested_memo_counts_as_empty(folder, tmp_path):
    memo = tmp_path / "code.json"
    text = b"[" * 100_000
    memo.write_bytes(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
    assert reached(folder, memo)
