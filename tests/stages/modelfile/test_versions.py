"""Files of every version go on being read, and mean what they meant when they were written.

The fixtures were written by the programs that knew no later version; version 1 has no more fields
than these programs wrote.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from stages.modelfile import load_model

FIXTURES = Path(__file__).with_name("fixtures")
EXPECTED = json.loads((FIXTURES / "expected.json").read_text())
IMAGES = np.array(EXPECTED["images"], np.uint8)


def fixture(version: int) -> Path:
    return FIXTURES / f"version-{version}.json"


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
def test_a_file_of_this_version_means_what_it_meant(version):
    assert json.loads(fixture(version).read_text())["version"] == version
    model = load_model(fixture(version))
    expected = EXPECTED["probabilities"][str(version)]
    images = IMAGES[:, : model.shape[0]]  # version 4 knew grey ones, too
    np.testing.assert_allclose(model.probabilities(images), expected, rtol=1e-6)
    assert model.predict(images).tolist() == [
        model.classes[best] for best in np.argmax(expected, axis=1)
    ]


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
def test_written_again_it_is_of_the_same_version_and_has_the_same_numbers(version):
    document = json.loads(fixture(version).read_text())
    again = load_model(fixture(version)).to_document()
    assert (again["version"], again["layers"]) == (version, document["layers"])
    assert document["preprocessing"].items() <= again["preprocessing"].items()
    assert again["preprocessing"].get("luma") == (
        None if version in (2, 4, 5) else [0.299, 0.587, 0.114]
    )
