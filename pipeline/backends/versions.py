"""Versions: which workers of a cluster lack the code of a task, or have another version of it.

A worker of Dask's that cannot import what it is sent ends without a word to us. So it is asked
before. The question needs nothing of ours there: it travels as code, and not by its name. Code
means nothing to another version of Python, so that is asked in Dask's own words before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.errors import ExecutorError

PACKAGE = __name__.partition(".")[0]
NEEDED = (PACKAGE, "numpy", "threadpoolctl")  # by every task
Answer = tuple[list[str], str]  # the modules that are missing, and a digest of our package


def ask_workers(client: Any, *modules: str) -> tuple[dict[str, str], list[str]]:
    """The workers that lack a module, with its name; and those whose package, this one, has other
    sources than ours. Workers are known by their addresses.

    Raises `ExecutorError` where one has another version of Python.
    """
    _expect_python(client)
    question = _question(PACKAGE, (*NEEDED, *modules))
    _, own = question()
    answers: Mapping[str, Any] = client.run(question, on_error="return")
    found = {worker: one for worker, one in answers.items() if isinstance(one, tuple)}
    lacking = {worker: missing[0] for worker, (missing, _) in found.items() if missing}
    others = [worker for worker, (missing, digest) in found.items() if digest != own]
    return lacking, sorted(set(others) - set(lacking))


def _expect_python(client: Any) -> None:
    found = client.get_versions()
    own = _python(found["client"])
    for worker, versions in sorted(found["workers"].items()):
        if versions and _python(versions) != own:
            raise ExecutorError(
                f"cluster {client.scheduler.address}: expected Python {own} on every worker, as "
                f"here, found {_python(versions)} on {worker}; start that one with the same version"
            )


def _python(versions: Mapping[str, Any]) -> str:
    """3.11"""
    return ".".join(str(versions["host"]["python"]).split(".")[:2])


def _question(package: str, modules: tuple[str, ...]) -> Callable[[], Answer]:
    def answer() -> Answer:  # a function in a function: it is sent as code
        import hashlib
        from importlib.util import find_spec
        from pathlib import Path

        def has(name: str) -> bool:
            try:
                return name == "__main__" or find_spec(name) is not None
            except (ImportError, ValueError):
                return False

        missing = [name for name in modules if not has(name)]
        if not has(package):
            return missing, ""
        found = hashlib.sha256()
        for top in getattr(find_spec(package), "submodule_search_locations", None) or ():
            for path in sorted(Path(top).rglob("*.py")):
                found.update(f"{path.relative_to(top).as_posix()}\0".encode())
                found.update(path.read_bytes())
        return missing, found.hexdigest()

    return answer
