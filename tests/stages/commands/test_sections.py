"""What the program says of the packages that it can do without."""

from __future__ import annotations

import re
import tomllib

from stages.commands.sections import EXTRAS
from tests.test_readme import ROOT

DEVELOPMENT = {"test", "cluster", "lint", "bench", "fuzz"}  # of those who work on the program


def test_doctor_knows_every_extra_of_users():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    offered = project["optional-dependencies"].keys() - DEVELOPMENT
    named = {
        re.fullmatch(r"pip install 'cifar-pipeline\[(\w+)\]'", get)[1] for _, get in EXTRAS.values()
    }
    assert named == offered
