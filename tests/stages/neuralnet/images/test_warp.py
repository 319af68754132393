from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet.images.warp import STEPS, counts, tables, warp


def test_turned_by_half_and_by_nothing():
    table = tables(5, 7, 180.0, 0.0)
    assert table[STEPS // 2].tolist() == list(range(35))
    assert table[0].tolist() == table[-1].tolist() == list(range(34, -1, -1))


def test_a_quarter_turn_with_the_clock_and_one_against_it():
    image = np.arange(16)
    turned = [image[table].reshape(4, 4) for table in tables(4, 4, 90.0, 0.0)[[0, -1]]]
    assert (turned[0] == np.rot90(image.reshape(4, 4), -1)).all()
    assert (turned[1] == np.rot90(image.reshape(4, 4), 1)).all()


def test_zoomed_to_twice_the_size_and_to_half():
    line = np.arange(9)
    smaller, larger = (line[table] for table in tables(1, 9, 0.0, 1.0)[[0, -1]])
    assert larger.tolist() == [2, 2, 3, 4, 4, 4, 5, 6, 6]
    assert smaller.tolist() == [4, 2, 0, 2, 4, 6, 8, 6, 4]  # beyond the border by reflection


@pytest.mark.parametrize(
    ("rotate", "zoom", "count"), [(0, 0, 1), (9, 0, 15), (0, 0.1, 15), (9, 0.1, 225)]
)
def test_there_is_a_table_for_each_combination(rotate, zoom, count):
    angles, factors = counts(rotate, zoom)
    found = tables(6, 3, rotate, zoom)
    assert found.shape == (angles * factors, 18) == (count, 18)
    assert (found >= 0).all()
    assert (found < 18).all()
    assert found[count // 2].tolist() == list(range(18))


def test_a_single_pixel_stays_what_it_is():
    assert tables(1, 1, 30.0, 0.5).tolist() == [[0]] * 225


def test_each_image_goes_by_its_own_table_and_all_its_channels_alike():
    table = tables(2, 3, 180.0, 0.0)
    x = np.arange(24, dtype=np.uint8).reshape(2, 12)  # two images of two channels
    warp(x, np.empty_like(x), np.array([STEPS // 2, 0]), table, 2)
    turned = [17, 16, 15, 14, 13, 12, 23, 22, 21, 20, 19, 18]
    assert x.tolist() == [list(range(12)), turned]
