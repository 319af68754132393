"""Values that `pickle` refuses, each in its way, count as ones without content."""

from __future__ import annotations

import ctypes
import threading

import pytest

from pipeline.code import CodeIndex
from pipeline.code.content import Content
from pipeline.errors import CodeError
from tests.pipeline.code.test_sourceless import typed


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


@pytest.mark.parametrize("way", ["__reduce__", "__getstate__"])
def test_what_an_object_hides_from_pickle_counts(way):
    """`pickle` makes such an object again as it was; a stage uses what it is now."""
    text = "class K:\n  def {way}(self): return (K, ())\nV = K()\nV.k = k\ndef f(): return V"

    def graph(k: int) -> object:
        return CodeIndex().reached(typed(text.format(way=way), k=k)).graph

    assert graph(1) == graph(1)
    assert graph(1) != graph(2)
