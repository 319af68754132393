"""What the framework reads for itself beside a stage is none of the stage's inputs."""

import threading

from pipeline.code.observe import observed
from pipeline.own_reads import THREADS, unwatched
from pipeline.store.reach import within


def test_what_a_remote_reads_in_a_thread_of_its_own_is_of_no_stage(tmp_path):
    for name in ("own", "remote"):
        (tmp_path / name).write_text(name)
    with observed(()) as recorder:
        assert (tmp_path / "own").read_text() == "own"
        assert within(10, (tmp_path / "remote").read_text) == "remote"
    seen = " ".join(map(str, recorder.opened))
    assert str(tmp_path / "own") in seen
    assert str(tmp_path / "remote") not in seen


def test_it_ends_with_the_outermost_block():
    with unwatched():
        with unwatched():
            pass
        assert threading.get_ident() in THREADS
    assert threading.get_ident() not in THREADS
