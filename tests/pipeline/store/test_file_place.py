"""A place behind fsspec: what is said where it cannot be reached at all."""

from __future__ import annotations

import pytest

from pipeline.errors import ConfigError
from pipeline.store.remote import Remote

pytest.importorskip("fsspec")


@pytest.mark.parametrize(
    ("address", "advice"),
    [("sftp://head/x", " with pip"), ("s3://bucket/x", ": pip install 'cifar-pipeline[remote]'")],
)
def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch, address, advice):
    def refuse(*given, **named):
        raise ImportError("Install paramiko")

    monkeypatch.setattr("fsspec.core.url_to_fs", refuse)
    with pytest.raises(ConfigError) as caught:
        Remote(address)
    assert str(caught.value) == (
        f"--remote {address}: expected a package that can reach it, found none (Install paramiko); "
        f"install it{advice}"
    )
