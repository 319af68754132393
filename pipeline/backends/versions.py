"""Versions: which workers of a cluster have another version of this package, or none.

Asked where a task has failed in a way that no stage means: what is sent is described by this
package, and one that describes it otherwise fails anywhere. The question needs nothing of ours on
the worker: it travels as code, not by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

PACKAGE = __name__.partition(".")[0]


def of_other_versions(client: Any) -> list[str]:
    """The workers, by address, whose package has other sources than ours, the missing ones too."""
    question = _question(PACKAGE)
    own = question()
    answers: Mapping[str, Any] = client.run(question, on_error="return")
    return sorted(address for address, found in answers.items() if found != own)


def _question(package: str) -> Callable[[], str]:
    """What gives a digest of the sources of a package; "" where it is not installed."""

    def digest() -> str:  # a function in a function: it is sent as code
        import hashlib
        from importlib.util import find_spec
        from pathlib import Path

        spec = find_spec(package)
        found = hashlib.sha256()
        for top in (spec.submodule_search_locations or ()) if spec else ():
            for path in sorted(Path(top).rglob("*.py")):
                found.update(f"{path.relative_to(top).as_posix()}\0".encode())
                found.update(path.read_bytes())
        return found.hexdigest() if spec else ""

    return digest
