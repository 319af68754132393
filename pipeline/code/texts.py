"""Texts: what the code of a stage looked like when it ran, so that `explain` can show what changed.

A fingerprint holds digests alone. When a stage has run, the statements that it reached are kept as
they stand in the sources, by name and digest, in a cache that may be lost: then the names of what
changed are all that can be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.store.cache import read_cache, write_cache

if TYPE_CHECKING:
    from pipeline.code.graph import Reached
    from pipeline.code.modules import Module

ENTRIES = 5_000  # texts that are kept, the latest: some 400 kB
FILE = ".texts.json"

Sourced = Iterable[tuple["Module", Mapping[str, Any]]]


class Texts:
    """The texts that a store keeps: "module.name digest" → source."""

    def __init__(self, root: Path) -> None:
        self._path = root / FILE
        self._kept: set[str] = set()  # graphs

    def keep(self, reached: Reached, sources: Callable[[], Sourced]) -> None:
        """Keep the texts of what a stage that has run reached. `sources()` gives its modules and
        their tables, of which none has changed since it was read."""
        if reached.graph in self._kept:
            return
        self._kept.add(reached.graph)
        known = self._load()
        wanted = {f"{name} {digest}" for name, digest in reached.symbols.items()} - known.keys()
        if wanted:
            found = source_texts(reached, sources())
            if news := {key: text for key, text in found.items() if key in wanted}:
                self._save(dict(list((known | news).items())[-ENTRIES:]))

    def get(self, name: str, digest: str) -> str | None:
        """The source that a name had when it had this digest; None where that is not known."""
        return self._load().get(f"{name} {digest}")

    def _load(self) -> dict[str, str]:
        import base64
        import json
        import zlib

        packed = read_cache(self._path)
        try:
            found = json.loads(zlib.decompress(base64.b64decode(packed)))
        except (TypeError, ValueError, zlib.error):  # there is none, or another version's
            return {}
        return found if isinstance(found, dict) else {}

    def _save(self, found: Mapping[str, str]) -> None:
        import base64
        import json
        import zlib

        text = json.dumps(found).encode("utf-8", "surrogatepass")
        packed = zlib.compress(text, 1)  # quickly: it is done anew after each stage with other code
        write_cache(self._path, base64.b64encode(packed).decode())


def source_texts(reached: Reached, sources: Sourced) -> dict[str, str]:
    """ "module.name digest" → the statements that make the name, as they stand in the source."""
    found: dict[str, str] = {}
    for module, table in sources:
        if module.path is None:
            continue
        lines = module.path.read_text("utf-8", "replace").splitlines()
        for first, last, name in table["lines"]:
            label = f"{module.name}.{name}"
            if (digest := reached.symbols.get(label)) is not None:
                text = "\n".join(lines[first - 1 : last]) + "\n"
                key = f"{label} {digest}"
                found[key] = found.get(key, "") + text
    return found
