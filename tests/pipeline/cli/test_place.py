"""Places for files that the user names."""

from __future__ import annotations

import pytest

from pipeline.cli.place import expect_place
from pipeline.errors import ConfigError


def test_a_folder_is_no_place_for_a_file(tmp_path):
    with pytest.raises(
        ConfigError,
        match=r"--save: expected the name of a file that .*, found .*: a folder; choose another",
    ):
        expect_place(tmp_path, "--save")


def test_what_can_be_written_is_left_alone(tmp_path):
    expect_place(tmp_path / "model.json", "--save")
    assert list(tmp_path.iterdir()) == []


def test_no_folder_is_made_for_a_file(tmp_path):
    with pytest.raises(ConfigError, match=r"--save: .*new.model.json: there is no folder .*new; "):
        expect_place(tmp_path / "new" / "model.json", "--save")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_made_beside_what_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"found .*model.json: there is no folder .*/new/folder;"):
        expect_place(tmp_path / "new" / "folder" / "model.json", "--save")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "link").symlink_to("target")
    with pytest.raises(ConfigError, match=r"link: it is a link that leads nowhere; choose another"):
        expect_place(tmp_path / "link", "--save")
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


def test_the_flag_is_named_where_the_system_refuses(tmp_path):
    with pytest.raises(ConfigError, match=r"--plot: .*x: File name too long"):
        expect_place(tmp_path / ("x" * 256), "--plot")
