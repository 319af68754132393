"""Single files under a power failure: what was there before, or what was to be there; no less."""

from __future__ import annotations

from pathlib import Path

import pytest

from stages.dataset.sources.synthetic import generate
from stages.serialize import save_copy
from tests.crash.disks import crashes, disk
from tests.crash.journal import Journal
from tests.crash.watch import watching

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs Linux")


@pytest.fixture
def possible(tmp_path):
    """The contents that a file may have after a crash: at any time of some work, and at its end."""

    def after(base, name, work):
        journal = Journal(base)
        with watching(base, journal):
            work()
        found = [
            {disk(past, fates).get(name, (None,))[0] for fates in crashes(past, 10, f"{step}")}
            for step in range(journal.start, len(journal.steps) + 1)
            if (past := journal.steps[:step])
        ]
        return set().union(*found), found[-1]

    return after


@pytest.mark.parametrize("old", [None, b"old"])
def test_a_saved_model(tmp_path, possible, old):
    (tmp_path / "stored.json").write_bytes(b"{}" * 100)
    (home := tmp_path / "home").mkdir()
    if old:
        (home / "model.json").write_bytes(old)
    work = lambda: save_copy(tmp_path / "stored.json", home / "model.json")  # noqa: E731
    ever, at_the_end = possible(home, "model.json", work)
    assert ever == {old, b"{}" * 100}
    assert at_the_end == {b"{}" * 100}


def test_a_model_saved_where_none_was(tmp_path, possible):
    (tmp_path / "stored.json").write_bytes(b"{}")
    (home := tmp_path / "home").mkdir()
    work = lambda: save_copy(tmp_path / "stored.json", home / "m.json")  # noqa: E731
    ever, at_the_end = possible(home, "m.json", work)
    assert ever == {None, b"{}"}
    assert at_the_end == {b"{}"}


def test_the_synthetic_archive(tmp_path, possible):
    (home := tmp_path / "home").mkdir()
    ever, at_the_end = possible(
        home, "data/cifar-10-synthetic-5.tar", lambda: generate(home / "data", 5)
    )
    whole = (home / "data" / "cifar-10-synthetic-5.tar").read_bytes()
    assert ever == {None, whole}
    assert at_the_end == {whole}
