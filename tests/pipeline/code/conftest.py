"""What the tests of code share: a folder of sources."""

import pytest

from tests.pipeline.code.projects import Folder


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)
