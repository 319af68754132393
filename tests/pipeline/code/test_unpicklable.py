"""Values that `pickle` refuses, each in its way, count as ones without content."""

from __future__ import annotations

import ctypes
import threading

import pytest

from pipeline.code.content import Content
from pipeline.errors import CodeError


@pytest.mark.parametrize(
    "value",
    [ctypes.pointer(ctypes.c_int(1)), threading.Lock()],
    ids=lambda value: type(value).__name__,
)
def test_only_what_is_captured_must_have_a_content(value):
    content = Content({})
    assert content.text([value])
    content = Content({})
    content.owner = "f"
    with pytest.raises(CodeError, match=r"f holds x, a .* which has no content to compare"):
        content.captured("x", value)
