"""ItemWriter: the outputs of one item of a mapped stage, until the item has come to its end.

It has the methods of `Writer`. What an item returns is held as bytes until then, so that a failure
leaves nothing of it in its group; a file or a folder that the stage writes itself lies in the
group's folder from the beginning, under a name with the item's number.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.store.payloads import encoded
from pipeline.store.trees import tree_record
from pipeline.store.writer import checked_suffix, expect_given, expect_names

if TYPE_CHECKING:
    import numpy as np


class ItemWriter:
    """Takes in the outputs of the item of this number in a group, whose folder is `folder`."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder, self._number = folder, number
        self.notes: dict[str, Any] = {}
        self.made_with: set[str] = set()
        self._values: dict[str, tuple[dict[str, Any], bytes | None]] = {}
        self._blocks: dict[str, list[np.ndarray]] = {}
        self._paths: list[Path] = []

    def entry(self, name: str) -> str:
        """What a file or a folder of this item is called."""
        return f"_{self._number}_{name}"

    def path(self, name: str, suffix: str = "") -> Path:
        """Where the stage writes a file or a folder itself, which is output `name` then."""
        path = self.folder / checked_suffix(self.entry(name), suffix)
        self._paths.append(path)
        return path

    def put(self, name: str, value: Any) -> None:
        """Take in a whole value. Raises `OutputError` where it would not come back as it is."""
        if isinstance(value, Path):
            expect_given(name, value, self.folder, self.entry(name))
            self._values[name] = tree_record(name, value, self.entry(name)), None
        else:
            self._values[name] = encoded(name, value)

    def append(self, name: str, block: np.ndarray) -> None:
        """Take in rows of an array that an item's generator yields."""
        self._blocks.setdefault(name, []).append(block)

    def expect(self, names: tuple[str, ...]) -> None:
        """Raise `OutputError` unless exactly the outputs of these names were given."""
        expect_names(names, {*self._values, *self._blocks})

    def finished(self) -> dict[str, tuple[dict[str, Any], bytes | None]]:
        """Record and bytes by output; no bytes for what the stage has written itself."""
        if self._blocks:
            import numpy as np

            for name, blocks in self._blocks.items():
                self._values[name] = encoded(name, np.concatenate(blocks))
        return self._values

    def discard(self) -> None:
        """Remove what a failed item has written."""
        import shutil  # here and not above: it is slow to import

        for path in self._paths:
            with suppress(OSError):
                path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)
