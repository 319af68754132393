"""A remote behind fsspec: what is there is found, what is wrong is not, and what fails says so."""

from __future__ import annotations

import json
import shutil
import threading

import pytest

from pipeline import run
from pipeline.errors import ConfigError
from pipeline.store import file_place
from pipeline.store.key import Key
from pipeline.store.remote import Remote
from pipeline.store.with_remote import StoreWithRemote
from tests.everyday import long_but
from tests.pipeline.backends.flow import FLOW, WITH_FILES

fsspec = pytest.importorskip("fsspec")
KEY, OTHER = Key("add", "1" * 64), Key("add", "2" * 64)


@pytest.fixture(params=["file", "memory"])
def address(request, tmp_path):
    """Where the remote is."""
    if request.param == "file":
        yield f"file://{tmp_path}/remote"
        return
    fsspec.filesystem("memory").store.clear()
    yield "memory://remote"
    fsspec.filesystem("memory").store.clear()


class Machine:
    """A store on some machine, with its remote and its notes."""

    def __init__(self, root, address):
        self.notes = []
        self.store = StoreWithRemote(root, Remote(address), self.notes.append)
        self.sent = []
        place = self.store.remote.place
        put = place.put
        place.put = lambda path, content: self.sent.append(path) or put(path, content)

    def run(self, pipeline=FLOW, **given):
        found = run(pipeline, store=self.store, executor="serial", **given)
        return {one.name: one.status for one in found.stages}, found


def objects(address):
    fs, root = fsspec.core.url_to_fs(address)
    return {path: fs.cat_file(path) for path in fs.find(f"{root}/objects")}


def test_what_one_machine_makes_another_one_finds(tmp_path, address):
    first, second = Machine(tmp_path / "a", address), Machine(tmp_path / "b", address)
    statuses, made = first.run()
    assert statuses == {"draw": "ran", "add": "ran"}
    assert len(first.sent) == 5, "three objects and two manifests"
    statuses, found = second.run()
    assert statuses == {"draw": "cached", "add": "cached"}
    assert (found["total"], second.sent, second.notes) == (made["total"], [], [])
    assert found.record("numbers") == made.record("numbers")
    assert second.store.damage(found.keys["numbers"]) is None
    assert not list((tmp_path / "b" / ".fetched").iterdir())
    assert Machine(tmp_path / "b", address).run(factor=2.0)[0] == {"draw": "cached", "add": "ran"}
    third = Machine(tmp_path / "c", address)
    assert third.run(factor=2.0)[0] == {"draw": "cached", "add": "cached"}


def test_equal_content_is_sent_once(tmp_path, address):
    first = Machine(tmp_path / "a", address)
    first.run()
    second = Machine(tmp_path / "b", address)
    key = first.run()[1].keys["numbers"]
    shutil.copytree(first.store.folder(key), second.store.folder(key))
    assert second.store.share(key) == 0
    for path in list(objects(address)):
        fsspec.core.url_to_fs(address)[0].rm(path)
    second.store.remote.forget(key)
    assert second.store.share(key) > 0
    again = len(second.sent)
    second.store.remote.forget(key)
    second.store.share(key)
    assert len(second.sent) == again + 1, "the manifest alone"


@pytest.mark.parametrize(
    "harm", long_but(("bit", "manifest"), ("bit", "cut", "gone", "manifest", "no json"))
)
def test_what_was_changed_in_the_remote_is_made_anew_and_sent_again(tmp_path, address, harm):
    first = Machine(tmp_path / "a", address)
    made = first.run()[1]
    fs, root = fsspec.core.url_to_fs(address)
    kind = "results/draw" if harm in ("manifest", "no json") else "objects"
    for path in fs.find(f"{root}/{kind}"):
        data = fs.cat_file(path)
        if harm == "gone":
            fs.rm(path)
        elif harm == "bit":
            fs.pipe_file(path, data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
        elif harm == "manifest":
            fs.pipe_file(path, data.replace(b"seconds", b"secondz", 1))
        else:
            fs.pipe_file(path, data[: len(data) // 2])
    second = Machine(tmp_path / "b", address)
    statuses, found = second.run()
    assert statuses["draw"] == "ran"
    assert found["total"] == made["total"]
    third = Machine(tmp_path / "c", address)
    assert third.run()[0] == {"draw": "cached", "add": "cached"}
    assert third.notes == []


def test_out_of_reach_is_one_note_and_work_goes_on(tmp_path, address, monkeypatch):
    machine = Machine(tmp_path / "a", address)

    def fail(*given, **named):
        raise OSError("the network is down")

    for name in ("cat_file", "info", "put_file", "pipe_file", "get_file"):
        monkeypatch.setattr(machine.store.remote.place._fs, name, fail)
    assert machine.run()[0] == {"draw": "ran", "add": "ran"}
    (note,) = machine.notes
    assert "expected it in reach, found: the network is down" in note
    assert note.endswith("Work goes on without it; pipeline push sends what is made")


def test_what_refers_to_files_of_a_machine_stays_there(tmp_path, address):
    (tmp_path / "text").write_text("words")
    machine = Machine(tmp_path / "a", address)
    machine.run(WITH_FILES, place=str(tmp_path / "text"))
    fs, root = fsspec.core.url_to_fs(address)
    assert {path.split("/")[-2] for path in fs.find(f"{root}/results")} == {
        "measure",
        "draw",
        "add",
    }


def test_two_that_send_the_same_at_once(tmp_path, address):
    machines = [Machine(tmp_path / name, address) for name in "ab"]
    threads = [threading.Thread(target=machine.run) for machine in machines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    third = Machine(tmp_path / "c", address)
    assert third.run()[0] == {"draw": "cached", "add": "cached"}
    fs, root = fsspec.core.url_to_fs(address)
    assert not [path for path in fs.find(root) if path.endswith(".part")]


def test_a_name_that_leads_outside_is_refused(tmp_path, address):
    Machine(tmp_path / "a", address).run()
    fs, root = fsspec.core.url_to_fs(address)
    for path in fs.find(f"{root}/results/draw"):
        document = json.loads(fs.cat_file(path))
        document["objects"]["../../../outside"] = next(iter(document["objects"].values()))
        fs.pipe_file(path, json.dumps(document).encode())
    assert Machine(tmp_path / "b", address).run()[0]["draw"] == "ran"
    assert not list(tmp_path.glob("**/outside"))


def test_addresses_without_a_meaning():
    with pytest.raises(ConfigError, match="--remote: expected an address such as s3://bucket"):
        Remote("nowhere://x")


def test_a_remote_that_is_silent_is_left_alone_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(file_place, "PATIENCE", 0.05)
    gate, machine = threading.Event(), Machine(tmp_path / "a", str(tmp_path / "remote"))
    monkeypatch.setattr(machine.store.remote.place._fs, "cat_file", lambda path: gate.wait(60))
    assert machine.store.examine(KEY)[0] is not None
    assert machine.store.examine(OTHER)[0] is not None
    gate.set()
    (note,) = machine.notes
    assert "found: no answer within 0 s" in note
    assert "Work goes on without it" in note


def test_an_address_that_is_none_makes_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for address in ("s3:/bucket/x", "bucket:x", "file:x"):
        with pytest.raises(ConfigError, match=f"an address has ://.* is ./{address}"):
            Remote(address)
    assert not list(tmp_path.iterdir())


def test_a_remote_that_connects_at_once_and_fails_is_out_of_reach(tmp_path, monkeypatch):
    def refuse(*given, **named):
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr("fsspec.core.url_to_fs", refuse)
    machine = Machine(tmp_path / "a", "sftp://head/x")
    machine.store.examine(KEY)
    assert "remote sftp://head/x: expected it in reach, found: refused" in machine.notes[0]
