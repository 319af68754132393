"""Some hundred hostile inputs in every test run; `make fuzz` reads a million."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.everyday import long_but
from tests.fuzz.campaign import Tally, batch, table
from tests.fuzz.decoders import load
from tests.fuzz.guard import Guard, Hang
from tests.fuzz.guided import Choices

INPUTS = 1500
FEWEST = 150
DECODERS = load()
TOTAL = sum(decoder.share for decoder in DECODERS.values())


LARGE = ("model file", "file reference")


@pytest.fixture(scope="module")
def guard(tmp_path_factory) -> Guard:
    return Guard(tmp_path_factory.mktemp("fuzz"))


@pytest.fixture
def settled(guard, monkeypatch):
    """The sandbox as home and place, but for the limit on memory: that would last."""
    for name in ("here", "home"):
        monkeypatch.chdir(guard.root / name)
    monkeypatch.setenv("HOME", str(guard.root / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(guard.caches))
    monkeypatch.setattr("tempfile.tempdir", str(guard.temporary))
    return guard


EVERY_DAY = ("model file", "archive", "array", "manifest", "command line")


@pytest.mark.parametrize(
    "name",
    long_but(EVERY_DAY, DECODERS),
)
def test_only_declared_errors_come_out(settled, name, capfd):
    tally = batch(name, 0, range(max(FEWEST, INPUTS * DECODERS[name].share // TOTAL)), settled)
    capfd.readouterr()  # what C libraries have to say of damaged images
    assert not tally.findings, "\n".join(text for _, text in tally.findings)
    assert tally.refused, "nothing was refused: these inputs are not hostile"
    assert tally.accepted, "nothing was accepted: these inputs do not get past the first byte"


@pytest.mark.parametrize("name", long_but(("class names",), ("class names", *LARGE)))
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(rng=st.randoms(use_true_random=False))
def test_what_fails_is_shrunk_to_its_core(guard, name, rng):
    decoder = DECODERS[name]
    case = decoder.make(rng)
    with suppress(*decoder.declared):
        decoder.read(case, guard.folder)


def test_a_fuzzers_bytes_make_the_choices():
    made = [DECODERS["model file"].make(Choices(data)) for data in (b"", b"", bytes(range(200)))]
    assert made[0] == made[1] != made[2]
    choices = Choices(b"\xff" * 16)
    assert choices.getrandbits(8) == 255
    assert 0.99 < choices.random() < 1
    assert Choices(b"\0").choice("abc") == "a"


class TestGuard:
    """It sees what it is there to see."""

    @pytest.mark.parametrize(
        "act",
        [
            lambda folder: (folder / "x").write_text("x"),
            lambda folder: os.open(folder / "x", os.O_CREAT | os.O_WRONLY),
            lambda folder: (folder / "x").mkdir(),
            lambda folder: os.symlink("x", folder / "y"),
            lambda folder: os.rename(folder / "home", folder / "work" / "home"),
            lambda folder: (folder / "secret.txt").read_text(),
            lambda folder: os.system("true"),
            lambda folder: __import__("pickle").loads(b"cos\nsystem\n."),
            lambda folder: __import__("socket").create_connection(("192.0.2.1", 1), 0.01),
        ],
    )
    def test_offences_are_noted(self, tmp_path, act):
        guard = Guard(tmp_path)
        with guard.watch(reads_anywhere=False):
            with suppress(OSError):
                act(tmp_path)
        assert guard.offences

    def test_what_may_be_done_is_no_offence(self, tmp_path):
        guard = Guard(tmp_path)
        with guard.watch(reads_anywhere=True):
            (guard.folder / "x").write_text("x")
            (guard.folder / "x").unlink()
            (tmp_path / "secret.txt").read_text()
            Path(os.devnull).read_text()
        assert not guard.offences

    def test_what_hangs_is_ended(self, tmp_path, monkeypatch):
        monkeypatch.setattr("tests.fuzz.guard.PATIENCE", 0.05)
        with pytest.raises(Hang):
            with Guard(tmp_path).watch(reads_anywhere=False):
                while True:
                    pass

    def test_changes_beside_the_folder_are_seen(self, tmp_path):
        guard = Guard(tmp_path)
        before = guard.surroundings()
        (guard.folder / "x").write_text("x")
        assert guard.surroundings() == before
        (tmp_path / "home" / "x").write_text("x")
        assert guard.surroundings() != before


def test_the_table_adds_up():
    found = Tally(accepted=2, refused=3, slowest=(0.25, 7), peak=5 << 20)
    assert table({"model file": found}).splitlines() == [
        "decoder     inputs  accepted  refused  undeclared  slowest  peak memory",
        "model file       5         2        3           0  0.250 s        5 MiB",
        "all              5         2        3           0  0.250 s        5 MiB",
    ]
