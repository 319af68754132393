"""What a stream of an array keeps in memory: views, and pages that are let go."""

import numpy as np
import pytest

from pipeline.stream import Stream, release


def test_rows_of_an_array_cannot_be_changed_through_the_stream():
    rows = np.zeros((3, 2))
    stream = Stream.of(rows)
    for view in (stream.item(0, 0), stream.batch(3).item(0, 0)):
        with pytest.raises(ValueError, match="read-only"):
            view[0] = 1
    batch = stream.shuffle(0).batch(3).item(0, 0)
    batch += 1
    assert not rows.any()
    rows[0] = 1  # the caller's own array is as it was


def test_a_memory_map_becomes_an_array_in_memory(tmp_path):
    np.save(tmp_path / "rows.npy", np.arange(6))
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    for stream in (Stream.of(mapped), Stream.of(mapped).shuffle(1)):
        assert type(stream.batch(4).item(0, 0)) is np.ndarray


def test_consecutive_rows_of_an_array_are_a_view_of_it():
    rows = np.arange(12).reshape(6, 2)
    whole_batch = Stream.of(rows).batch(4).item(0, 1)
    assert np.shares_memory(whole_batch, rows)
    assert not whole_batch.flags.writeable
    assert not np.shares_memory(Stream.of(rows).shuffle(1).batch(4).item(0, 0), rows)


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_pages_that_are_let_go_are_read_again(tmp_path, mode):
    np.save(tmp_path / "rows.npy", np.arange(6))
    mapped = np.load(tmp_path / "rows.npy", mmap_mode=mode)
    if mode != "r":
        mapped[0] = 9
    seen = [batch.tolist() for batch in Stream.of(mapped).batch(4).map(np.copy)]
    assert seen == [[0 if mode == "r" else 9, 1, 2, 3], [4, 5]]
    release(mapped)
    release(np.arange(3))
    assert mapped[0] == (0 if mode == "r" else 9)
