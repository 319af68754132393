"""A file that changes on its server: only parts of one version are put together."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from tests.stages.dataset.sources.transfers import (
    CONTENT,
    OTHER,
    SHA256,
    SIZE,
    fetch,
    is_there,
)
from tests.stages.http_server import Answer, serving

OLD = Answer(body=OTHER, headers={"ETag": '"0"'}, cut=5000)


@pytest.mark.parametrize("conditions", [True, False])
@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_version_that_changes_half_way(target, conditions, sha256):
    with serving(CONTENT, OLD, Answer(conditions=conditions)) as server:
        is_there(target, fetch(server.url, target, sha256))
    assert server.requests[1]["If-Range"] == '"0"'
    assert len(server.requests) == (2 if conditions else 3)


def test_versions_by_date(target):
    with serving(CONTENT, Answer(cut=5000), etag='W/"weak"') as server:
        server.modified = formatdate(0, usegmt=True)
        is_there(target, fetch(server.url, target, None))
        assert server.requests[1]["If-Range"] == server.modified
    target.unlink()
    old = Answer(body=OTHER, headers={"Last-Modified": formatdate(9, usegmt=True)}, cut=5000)
    with serving(CONTENT, old, Answer(conditions=False), etag=None) as server:
        server.modified = formatdate(0, usegmt=True)
        is_there(target, fetch(server.url, target, None))
    assert len(server.requests) == 3


def test_without_a_version_only_a_digest_allows_to_go_on(target):
    with serving(CONTENT, Answer(cut=5000), etag=None) as server:
        is_there(target, fetch(server.url, target, None))
    assert "Range" not in server.requests[1]
    target.unlink()
    with serving(CONTENT, Answer(cut=5000), etag=None) as server:
        is_there(target, fetch(server.url, target))
    assert server.requests[1]["Range"] == "bytes=5000-"
    assert "If-Range" not in server.requests[1]


def test_a_part_of_two_versions_is_fetched_anew(target):
    wrong = Answer(body=OTHER, cut=5000)  # another content under the same name and version
    with serving(CONTENT, wrong) as server:
        is_there(target, fetch(server.url, target))
    assert len(server.requests) == 3
    target.unlink()
    with serving(CONTENT, wrong) as server:
        assert len(OTHER) != SIZE
        is_there(target, fetch(server.url, target, None))
    assert len(server.requests) == 3


def test_ranges_that_begin_elsewhere_are_not_believed(target):
    with serving(CONTENT, Answer(cut=5000), Answer(shift=1)) as server:
        is_there(target, fetch(server.url, target))
    assert "Range" not in server.requests[2]


@pytest.mark.parametrize("header", ["", "nonsense", "bytes */*", "bytes 5000-x/9"])
def test_ranges_that_are_none_are_not_believed(target, header):
    with serving(CONTENT, Answer(cut=5000), Answer(headers={"Content-Range": header})) as server:
        is_there(target, fetch(server.url, target))
    assert "Range" not in server.requests[2]


def test_a_range_of_a_whole_of_unknown_size(target):
    unknown = Answer(headers={"Content-Range": f"bytes 5000-{SIZE - 1}/*"})
    with serving(CONTENT, Answer(cut=5000), unknown) as server:
        is_there(target, fetch(server.url, target))
    assert len(server.requests) == 2
