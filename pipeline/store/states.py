"""States: what unfinished computations need to go on, by key; the newest one that is whole counts.

    artifacts/.state/<stage>/<fingerprint>/<number>/

A state is written like a result, and the one kept before stays until the new one is there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact, MissingArtifact
from pipeline.store.commit import committing
from pipeline.store.durable import check_free_space, make_folder
from pipeline.store.key import Key
from pipeline.store.manifest import read_manifest
from pipeline.store.numerics import made_differently
from pipeline.store.troubles import is_of_reader, storage_errors
from pipeline.store.values import read_value, verify_output


class States:
    """The states in the store at `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def save(
        self,
        key: Key,
        arrays: Mapping[str, Any],
        record: Mapping[str, Any],
        made_with: Iterable[str] = (),
    ) -> None:
        """Keep the state of an unfinished computation; `made_with`: see numerics.py."""
        with storage_errors(self.root):
            make_folder(self.root)
            check_free_space(self.root, sum(array.nbytes for array in arrays.values()))
        past = self._all(key)
        number = 1 + max((int(path.name) for path in past), default=0)
        with committing(self._folder(key) / str(number)) as writer:
            for name, array in arrays.items():
                writer.put(name, array)
            writer.put("record", dict(record))
            writer.made_with |= set(made_with)
            writer.finish(key.digest, {})
        for path in past:
            shutil.rmtree(path, ignore_errors=True)

    def load(self, key: Key) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The newest state that is whole: its arrays (in memory) and its record; None: none.

        One that was made with another NumPy or another BLAS kernel is none: half of a result would
        be computed otherwise than the rest. Raises `OSError` where one may be whole for all that is
        known (see `is_of_reader`): hours of work may be in it.
        """
        for path in reversed(self._all(key)):
            with suppress(CorruptArtifact, MissingArtifact), _damaged_alone():
                manifest = read_manifest(path, key.digest)
                if made_differently(manifest):
                    continue
                outputs = manifest["outputs"]
                kinds = {name: output["kind"] for name, output in outputs.items()}
                if kinds.pop("record", "") != "json" or {*kinds.values()} - {"array"}:
                    continue
                if any(verify_output(path, output) for output in outputs.values()):
                    continue
                values = {name: read_value(path, output) for name, output in outputs.items()}
                record = values.pop("record")
                return {name: value.copy() for name, value in values.items()}, record
        return None

    def why_none(self, key: Key) -> str | None:
        """Why a state that is there is of no use, in words; None where there is none."""
        for path in reversed(self._all(key)):
            with suppress(CorruptArtifact, MissingArtifact, OSError):
                if found := made_differently(read_manifest(path, key.digest)):
                    return f"was {found[0].partition(':')[0]}"
        return "is damaged" if key in self else None

    def drop(self, key: Key) -> None:
        """Forget the states of a computation that has ended."""
        shutil.rmtree(self._folder(key), ignore_errors=True)

    def __contains__(self, key: Key) -> bool:
        """Whether a state is there, whole or not."""
        return bool(self._all(key))

    def _folder(self, key: Key) -> Path:
        return self.root / ".state" / str(key)

    def _all(self, key: Key) -> list[Path]:
        with suppress(FileNotFoundError, NotADirectoryError):
            folders = [p for p in self._folder(key).iterdir() if p.name.isdecimal()]
            return sorted(folders, key=lambda path: int(path.name))
        return []


@contextmanager
def _damaged_alone() -> Iterator[None]:
    """Let go of an error that says that what was read is damaged, and of no other."""
    try:
        yield
    except OSError as error:
        if is_of_reader(error):
            raise
