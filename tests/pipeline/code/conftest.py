"""What the tests of code share: folders of sources."""

import pytest

from tests.pipeline.code.projects import PROJECT, Folder


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.fixture
def project(folder):
    folder.write(PROJECT)
    return folder
