"""What the tests of datasets share: what is said of a source that is refused."""

from __future__ import annotations

import pytest

from pipeline.errors import UserError
from stages.dataset.sources.resolve import resolve_source
from tests.stages import datasets
from tests.stages.examples import (
    decoded,
    write_all,
)


@pytest.fixture
def of(tmp_path):
    """The refusal of a file of that name and content, or of a folder of files."""

    def go(name, data, label="", **options):
        options.setdefault("data_dir", str(tmp_path / "d"))
        path = tmp_path / name
        if isinstance(data, dict):
            write_all(path, data)
        else:
            datasets.write(path, data)
        with pytest.raises(UserError) as caught:
            found = resolve_source(
                source=str(path), sha256=None, data_dir=options["data_dir"], synthetic_size=50,
                label=label,
            )  # fmt: skip
            decoded(found["source"], label=label, **options)
        text = str(caught.value)
        assert "\n" not in text
        assert text.isprintable()
        return text.replace(str(tmp_path) + "/", "")

    return go
