"""HTML and SVG elements that escape whatever they are given.

    tag("td", name, class_="right")   →   <td class="right">…</td>

What `tag` and `join` return is `Markup`, and only that goes into an element as it is. Anything else
is text: it may be the name of a class or of a file, and hold whatever its writer liked.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from pipeline.events.fitting import beginning, columns

VOID = {"meta", "img", "br", "hr", "col"}


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def visible(text: Any) -> str:
    """Text in which what cannot be seen is written out: controls, and signs that turn a line."""
    words = str(text)
    if words.isprintable():
        return words
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in words)


def escape(text: Any) -> Markup:
    """Any value as HTML that shows it."""
    return text if isinstance(text, Markup) else Markup(html.escape(visible(text)))


def tag(name: str, /, *children: Any, **attributes: Any) -> Markup:
    """An element. None and False leave an attribute or a child out; `class_` is class."""
    words = [name]
    for key, value in attributes.items():
        if value is not None and value is not False:
            key = key.rstrip("_").replace("_", "-")
            words.append(key if value is True else f'{key}="{html.escape(visible(value))}"')
    opening = f"<{' '.join(words)}>"
    if name in VOID:
        return Markup(opening)
    return Markup(f"{opening}{join(children)}</{name}>")


def join(parts: Iterable[Any], between: str = "") -> Markup:
    """Parts one after the other; None and False are left out."""
    return Markup(
        between.join(escape(part) for part in parts if part is not None and part is not False)
    )


def shorten(text: Any, most: int) -> str:
    """The beginning of a name that is too long for its place: `most` letters, or half as many of
    the signs that are as wide as two."""
    words = visible(text)
    return words if columns(words) <= most else beginning(words, most - 1).rstrip() + "…"
